"""One page of an organization's feed: its events, each with its interaction as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bridge.reader import Reader
from bridge.representation.event import of_interaction
from storage import cards, events
from storage.events import Event
from storage.model import Card, EventType, Interaction, Json
from storage.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Some of a feed."""

    told: list[tuple[Event, Json]]  # without those whose question was forgotten at this moment
    last: Event | None  # the last that was read, told or not
    is_full: bool  # so there may be more


async def read(
    db: Database,
    reader: Reader,
    organization_id: UUID,
    *,
    past: int,
    most: int,
    types: Sequence[EventType] | None = None,
) -> Read:
    """The first `most` events past a place, each with its question."""
    found = await events.page(db, organization_id, past=past, types=types, most=most)
    if not found:
        return Read(told=[], last=None, is_full=False)
    # Read after the events, so that no question is older than what is told of it.
    rows = await reader.several(organization_id, {event.interaction_id for event in found})
    copies = await cards.of_interactions(db, organization_id, list(rows))
    told = [
        (event, _of_feed(event, rows[event.interaction_id], copies[event.interaction_id]))
        for event in found
        if event.interaction_id in rows
    ]
    return Read(told=told, last=found[-1], is_full=len(found) == most)


def _of_feed(event: Event, row: Interaction, copies: list[Card]) -> Json:
    return of_interaction(id=event.id, type=event.type, at=event.at, row=row, copies=copies)
