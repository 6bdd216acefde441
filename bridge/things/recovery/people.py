"""What people can do to an open recovery from its cards, where these are, and who may."""

from types import MappingProxyType
from typing import Final
from uuid import UUID

from bridge.card import blocks, texts
from bridge.things.contract import Decision, Locked, Offer, PersonMove, Refusal, asked_places
from bridge.things.recovery import ending, life
from bridge.things.recovery.row import Outcome, Recovery
from storage.model import Json, Thing

MOVES: Final = MappingProxyType(
    {
        Outcome.RESTORED.value: PersonMove(label="Restored", is_primary=True),
        Outcome.BLOCKED.value: PersonMove(label="Blocked", has_form=True),
        Outcome.CANCELLED.value: PersonMove(
            label="Cancel recovery",
            confirm=blocks.confirm(
                "Cancel this recovery?",
                "It ends, although nothing was restored. It is opened again if it is reported again.",
                yes="Cancel it",
                no="Keep it",
                style="danger",
            ),
        ),
        Outcome.FALSE_POSITIVE.value: PersonMove(label="False positive"),
    }
)
_MAX_TITLE = 300


def title(row: Recovery) -> str:
    """What the recovery is about, in a line."""
    return texts.cut(f"{row.source_type} {row.source_id}", _MAX_TITLE)


def offer(thing: Thing, row: Recovery) -> Offer:
    """What an open recovery offers."""
    return Offer(title=title(row), moves=MOVES, identity=life.identity(row), responders=responders(thing, row))


def responders(thing: Thing, row: Recovery) -> list[str] | None:
    """Who may act on it: as the agent named them, else the person who owns it; None for everyone who can see a card."""
    if thing.responders is not None or thing.anyone or row.owner_user is None:
        return thing.responders
    return [row.owner_user]


def places(thing: Thing, row: Recovery, default_channel: str | None) -> list[Json]:
    """Where its cards are: as the agent said, else with the person who owns it, else in the connection's channel."""
    if row.owner_user is not None and not thing.asked_addresses:
        return [{"user": row.owner_user}]
    return [*asked_places(thing, row, default_channel), *_unseen_owner(thing, row)]


def _unseen_owner(thing: Thing, row: Recovery) -> list[Json]:
    """The person who owns it, if only this person may act on it and sees none of its cards."""
    owner = {"user": row.owner_user}
    is_asked = thing.responders is None and not thing.anyone and row.owner_user is not None
    asked = thing.asked_addresses or []
    sees_none = bool(asked) and all("user" in address and address != owner for address in asked)
    return [owner] if is_asked and sees_none else []


def needs(choice: str, given: Json) -> UUID | None:
    """The thing that has to be open for a move."""
    return ending.blocker_id(given.get("blocker")) if choice == Outcome.BLOCKED else None


def guard(locked: Locked[Recovery], choice: str, given: Json) -> Refusal | None:
    """Why a person cannot make this move now; None if nothing is against it, and for what is no move at all."""
    if choice not in MOVES:
        return None
    return ending.refusal(locked, Outcome(choice), given.get("blocker"))


def move(locked: Locked[Recovery], choice: str, given: Json, by: Json) -> Decision[Recovery]:
    """The recovery as a person ended it."""
    return ending.resolved(locked, Outcome(choice), note=given.get("note"), blocker=given.get("blocker"), by=by)
