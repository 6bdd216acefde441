"""The card that replaced another one: where readers of the older card are sent."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.logs import Log
from bridge.things.contract import Noun
from storage import cards, errors
from storage.interactions import Claimed
from storage.model import Card, Connection, Life, Verdict
from storage.statements import Runs
from storage.things import ThingRow

_log = Log("clicks")


async def permalink(db: Runs, organization_id: UUID, life: Life, *, channel: str | None, anywhere: bool) -> str | None:
    """The permalink of a card of the interaction that superseded this one; None if there is none. Raises Unavailable.

    Of the same channel; with `anywhere`, of another one if the same channel has none.
    """
    if life.superseded_by is None:
        return None
    newer = await cards.of_interaction(db, organization_id, life.superseded_by)
    return _best(newer, channel=channel, anywhere=anywhere)


async def of_thing(db: Runs, noun: Noun[Any], found: ThingRow[Any], *, channel: str | None) -> str | None:
    """The permalink of a card, in the same channel, of what superseded this thing; None if there is none."""
    newer = noun.superseded_by(found.row)
    organization_id = found.thing.organization_id
    newest = await noun.table.get(db, organization_id, newer) if newer is not None else None
    if newest is None or newest.thing.anchor_id is None:
        return None
    its_cards = await cards.of_interaction(db, organization_id, newest.thing.anchor_id)
    return _best([card for card in its_cards if card.retired_at is None], channel=channel, anywhere=False)


def _best(newer: Iterable[Card], *, channel: str | None, anywhere: bool) -> str | None:
    links = [(card.channel != channel, card.ordinal, card.permalink) for card in newer if card.permalink]
    best = min(links, default=None)
    return best[2] if best and (anywhere or not best[0]) else None


async def for_clicker(db: Runs, connection: Connection | None, claimed: Claimed, *, channel: str | None) -> str | None:
    """The permalink of a card that replaced the clicked one, preferably in the same channel.

    None without one, and for every verdict but `superseded`.
    """
    life = claimed.life
    if claimed.verdict is not Verdict.SUPERSEDED or connection is None or life is None:
        return None
    try:
        return await permalink(db, connection.organization_id, life, channel=channel, anywhere=True)
    except errors.Unavailable as error:
        newer = ids.encode("int", life.superseded_by) if life.superseded_by else None
        _log.warning("newer_card_not_found", interaction=newer, cause=error.cause)
        return None
