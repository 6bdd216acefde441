"""Reads one page of an organization's feed: its events, each with its interaction as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bridge.reader import Reader
from bridge.representation.event import of_interaction
from storage import cards, events
from storage.model import Card, EventType, FeedEvent, Interaction, Json
from storage.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsRead:
    """The events after a position, up to a limit."""

    envelopes: list[tuple[FeedEvent, Json]]  # without events whose interaction was deleted at this moment
    last: FeedEvent | None  # the last event that was read, with or without an envelope
    is_full: bool  # there may be more events


async def read(
    db: Database,
    reader: Reader,
    organization_id: UUID,
    *,
    past: int,
    limit: int,
    types: Sequence[EventType] | None = None,
) -> EventsRead:
    """The first `limit` events after the position `past`, each with its envelope."""
    page = await events.page(db, organization_id, past=past, types=types, limit=limit)
    if not page:
        return EventsRead(envelopes=[], last=None, is_full=False)
    # Read after the events, so that no interaction is older than its event.
    rows = await reader.several(organization_id, {event.interaction_id for event in page})
    cards_of = await cards.of_interactions(db, organization_id, list(rows))
    envelopes = [
        (event, _envelope(event, rows[event.interaction_id], cards_of[event.interaction_id]))
        for event in page
        if event.interaction_id in rows
    ]
    return EventsRead(envelopes=envelopes, last=page[-1], is_full=len(page) == limit)


def _envelope(event: FeedEvent, row: Interaction, cards: list[Card]) -> Json:
    return of_interaction(id=event.id, type=event.type, at=event.at, row=row, cards=cards)
