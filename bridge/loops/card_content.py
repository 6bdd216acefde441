"""What one card is to show, read when the card was leased: a question or a thing, ready to be drawn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from bridge.card.frame import CardView, Drawing
from bridge.loops import card_failures
from bridge.loops.responder_checks import Check
from bridge.slack.drawing import draw, draw_thing
from bridge.things import drawing
from bridge.things.contract import Noun
from storage.model import Card, Interaction, Json, Status
from storage.things import ThingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a card is to show, and what is stored with it once it does."""

    drawn: Callable[..., Awaitable[Drawing]]  # with `plain`: in the full form, or in the plain one
    status: str  # for the log
    settles: bool  # it shows an end
    ended_at: datetime | None
    reason: Json | None = None  # why some of the people that the card asks cannot answer
    again_in: float | None = None  # seconds until the card is to be looked at again
    interaction: Interaction | None = None  # the question; None for a thing
    newer: str | None = None  # the permalink of the card that replaced this one
    moves: int | None = None  # of the thing, as it is drawn; None for a question


def of_question(card: Card, check: Check, *, newer: str | None = None) -> Content:
    """The content of a question's card. `newer`: the permalink of the card that replaced this one."""
    interaction = check.interaction

    async def drawn(*, plain: bool) -> Drawing:
        return await draw(CardView(interaction=interaction, version=card.wanted, plain=plain, newer=newer))

    return Content(
        drawn=drawn,
        status=interaction.status.value,
        settles=interaction.status is not Status.PENDING,
        ended_at=interaction.ended_at,
        reason=card_failures.reason(card, check.refusal) if check.refusal else None,
        again_in=check.again_in,
        interaction=interaction,
        newer=newer,
    )


def of_thing(card: Card, noun: Noun[Any], found: ThingRow[Any], *, newer: str | None = None) -> Content:
    """The content of a card of a thing, as that is now. `newer`: the permalink of the card that replaced this one."""
    return Content(
        drawn=partial(_drawn, card, noun, found, newer),
        status=noun.status(found.row),
        settles=noun.is_final(found.row),
        ended_at=found.thing.ended_at,
        moves=found.thing.moves,
    )


async def _drawn(card: Card, noun: Noun[Any], found: ThingRow[Any], newer: str | None, *, plain: bool) -> Drawing:
    return await draw_thing(noun, drawing.view(noun, found, card, version=card.wanted, is_plain=plain, newer=newer))
