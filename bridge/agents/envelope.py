"""An event as agents get it, in pages, streams and webhooks alike: what happened, and the question as it now is."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bridge import ids
from bridge.agents import resource
from storage import cards, events, interactions
from storage.events import Event
from storage.model import ENDS, Card, EventType, Interaction, Json
from storage.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Some of a feed."""

    told: list[tuple[Event, Json]]  # without those whose question was forgotten at this moment
    last: Event | None  # the last that was read, told or not
    is_full: bool  # so there may be more


def envelope(event: Event, row: Interaction, copies: list[Card]) -> Json:
    """One event. `data` is the whole resource, never older than the event, and perhaps newer."""
    return {
        "id": ids.encode("evt", event.id),
        "type": event.type,
        "timestamp": resource.moment(event.at),
        "data": resource.interaction(row, copies),
    }


def unheard_end(event: Event, told: Json) -> UUID | None:
    """The question whose end this event tells, if no agent had heard that before: whoever is given it hears it."""
    return event.interaction_id if event.type in ENDS and told["data"]["heard_at"] is None else None


async def read(
    db: Database, organization_id: UUID, *, past: int, most: int, types: Sequence[EventType] | None = None
) -> Read:
    """The first `most` events past a place, each with its question."""
    found = await events.page(db, organization_id, past=past, types=types, most=most)
    if not found:
        return Read(told=[], last=None, is_full=False)
    # Read after the events, so that no question is older than what is told of it.
    rows = await interactions.several(db, organization_id, {event.interaction_id for event in found})
    copies = await cards.of_interactions(db, organization_id, list(rows))
    told = [
        (event, envelope(event, rows[event.interaction_id], copies[event.interaction_id]))
        for event in found
        if event.interaction_id in rows
    ]
    return Read(told=told, last=found[-1], is_full=len(found) == most)
