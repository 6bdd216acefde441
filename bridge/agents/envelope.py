"""An event as agents get it, in pages, streams and webhooks alike: what happened, and the question as it now is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bridge import ids
from bridge.agents import resource
from bridge.reader import Reader
from storage import cards, events
from storage.events import FeedEvent
from storage.model import ENDS, Card, EventType, Interaction, Json
from storage.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Some of a feed."""

    told: list[tuple[FeedEvent, Json]]  # without those whose question was forgotten at this moment
    last: FeedEvent | None  # the last that was read, told or not
    is_full: bool  # so there may be more


def envelope(*, id: UUID, type: str, at: datetime, data: Json) -> Json:
    """One event, the same wherever it is told of; `data` is what it is about."""
    return {"id": ids.encode("evt", id), "type": type, "timestamp": resource.moment(at), "data": data}


def of_interaction(*, id: UUID, type: str, at: datetime, row: Interaction, copies: list[Card]) -> Json:
    """An event of a question. `data` is the whole resource, never older than the event, and perhaps newer."""
    return envelope(id=id, type=type, at=at, data=resource.interaction(row, copies))


def written(told: Json) -> bytes:
    """The bytes of an envelope as a body, which are what is signed."""
    return json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def unheard_end(event: FeedEvent, told: Json) -> UUID | None:
    """The question whose end this event tells, if no agent had heard that before: whoever is given it hears it."""
    return event.interaction_id if event.type in ENDS and told["data"]["heard_at"] is None else None


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
    found = await events.page(db, organization_id, past=past, types=types, limit=most)
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


def _of_feed(event: FeedEvent, row: Interaction, copies: list[Card]) -> Json:
    return of_interaction(id=event.id, type=event.type, at=event.at, row=row, copies=copies)
