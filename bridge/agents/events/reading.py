"""Reads one page of an organization's feed: its events, each with its interaction or thing as it is now."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bridge import ids
from bridge.reader import Reader
from bridge.representation.event import of_interaction, unacknowledged_end
from bridge.things.reading import of_events
from bridge.things.representation import envelope as thing_envelope
from storage import cards, events, json_text
from storage.interactions import MAX_PAGE_BYTES
from storage.model import FeedEvent, Json
from storage.pool import Database

_AT_ONCE = 25  # events whose interactions one statement reads
_LARGE = 8 * 1024  # characters of an envelope after which other requests are served


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """One event with its envelope as JSON."""

    event: FeedEvent
    envelope: str
    end: UUID | None  # the interaction whose end this event reports, if no agent had acknowledged it

    @property
    def id(self) -> str:
        """The event's id, from which a reader can resume."""
        return ids.encode("evt", self.event.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsRead:
    """The events after a position, up to a limit or to MAX_PAGE_BYTES."""

    events: list[ReadEvent]  # without events whose interaction was deleted at this moment
    last: FeedEvent | None  # the last event that was read, with or without an envelope
    is_full: bool  # there are more events, or the limit is reached and there may be more


async def read(
    db: Database,
    reader: Reader,
    organization_id: UUID,
    *,
    past: int,
    limit: int,
    types: Sequence[str] | None = None,
    max_bytes: int = MAX_PAGE_BYTES,
) -> EventsRead:
    """The first `limit` events after the position `past`, up to the one that brings their envelopes to `max_bytes`."""
    page = await events.page(db, organization_id, past=past, types=types, limit=limit)
    found: list[ReadEvent] = []
    size, last = 0, None
    for start in range(0, len(page), _AT_ONCE):
        # Read after the events, so that no interaction is older than its event.
        some = page[start : start + _AT_ONCE]
        envelopes = await _envelopes(db, reader, organization_id, some)
        for event in some:
            if size >= max_bytes:
                return EventsRead(events=found, last=last, is_full=True)
            last = event
            if (value := envelopes.get(event.id)) is not None:
                envelope = json_text.dumps(value, ensure_ascii=False)
                found.append(ReadEvent(event=event, envelope=envelope, end=unacknowledged_end(event, value)))
                size += len(envelope.encode())
                if len(envelope) > _LARGE:
                    await asyncio.sleep(0)  # so that writing many large ones delays no click
    return EventsRead(events=found, last=last, is_full=bool(page) and len(page) == limit)


async def _envelopes(
    db: Database, reader: Reader, organization_id: UUID, some: Sequence[FeedEvent]
) -> dict[UUID, Json]:
    """The envelope of each of these events, by its id; without those whose subject was deleted at this moment."""
    rows = await reader.several(organization_id, {event.interaction_id for event in some if event.interaction_id})
    cards_of = await cards.of_interactions(db, organization_id, list(rows))
    resources = await of_events(db, organization_id, some)
    found: dict[UUID, Json] = {}
    for event in some:
        if event.interaction_id is not None and (row := rows.get(event.interaction_id)) is not None:
            found[event.id] = of_interaction(id=event.id, type=event.type, at=event.at, row=row, cards=cards_of[row.id])
        elif event.thing_id is not None and (data := resources.get(event.thing_id)) is not None:
            found[event.id] = thing_envelope(
                id=event.id, type=event.type, at=event.at, data=data, detail=event.detail or {}
            )
    return found
