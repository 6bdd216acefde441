"""The JSON of a thing: the fields of all nouns around those of its own, and the envelope of its events. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from bridge import ids
from bridge.representation import event, interaction
from bridge.representation.interaction import moment
from bridge.things.contract import Noun
from bridge.things.registry import NOUNS
from storage.model import Card, Json, Status, Thing
from storage.things import ThingRow

R = TypeVar("R")


def resource(noun: Noun[R], found: ThingRow[R], cards: Sequence[Card]) -> Json:
    """The whole resource."""
    thing = found.thing
    return {
        "id": noun.id_of(thing.id, found.row),
        "status": noun.status(found.row),
        "message": noun.sentence(found),
        **noun.resource(found),
        "to": thing.addresses,
        "responders": _responders(found),
        "outsiders": "allow" if thing.home_teams is None else "refuse",
        "agent": thing.agent,
        "connection": ids.encode("con", thing.connection_id),
        "cards": cards_of(thing, cards),
        "tags": thing.tags,
        "metadata": thing.metadata,
        "callback": thing.callback,
        "opened_by": thing.opened_by,
        "created_at": moment(thing.created_at),
        "updated_at": moment(thing.updated_at),
        "ended_at": moment(thing.ended_at),
    }


def cards_of(thing: Thing, cards: Sequence[Card]) -> list[Json]:
    """The cards of a thing; those that were retired, because its cards are elsewhere now, are left out."""
    status = Status.PENDING if thing.ended_at is None else Status.ANSWERED
    return [interaction.card(card, status=status, now=thing.read_at) for card in cards if card.retired_at is None]


def thing_id(noun: str, id: UUID) -> str | None:
    """The made id of a thing; None for one of a noun of a later release."""
    return NOUNS[noun].public_id(id) if noun in NOUNS else None


def envelope(*, id: UUID, type: str, at: datetime, data: Json, detail: Json) -> Json:
    """One event of a thing. `change` is what happened; `data` is the thing as it is now, which may be more recent."""
    change = {
        "move": detail.get("move"),
        "from": detail.get("from"),
        "to": detail.get("to"),
        "by": detail.get("by") or None,
        "reason": detail.get("reason"),
        "at": moment(at),
        **(detail.get("detail") or {}),
    }
    return event.envelope(id=id, type=type, at=at, data=data) | {"change": change}


def _responders(found: ThingRow[R]) -> Json | None:
    """Who may act on it, as the agent said; None: its noun says who."""
    if found.thing.anyone:
        return {"anyone_in_channel": True}
    return {"users": found.thing.responders} if found.thing.responders else None
