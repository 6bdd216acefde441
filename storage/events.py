"""The feed: an organization's events in one order, with places that are given after the commit.

A cursor over anything that is written in the transaction itself (a time, an id, a sequence) passes over what commits
late. Here a place is given to what is committed, by one at a time, so what a reader sees past a place is all there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage import statements
from storage.model import EventType
from storage.statements import Runs

_SQL = statements.load("events")

BEGINNING = 0  # the place before the first
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the feed."""

    position: int  # counts up in its organization, not without gaps
    id: UUID
    interaction_id: UUID
    type: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What one pass gave places to."""

    counts: dict[UUID, int]  # organization -> events, never 0
    passed_over: bool  # some were due of an organization that somebody else was numbering


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an event stands, None when the feed has none with its id; and where the feed ends now."""

    position: int | None
    latest: int


async def number(db: Runs, *, most: int = BATCH) -> Numbered:
    """Give places to at most `most` events that were committed, whoever's they are. Never waits for a lock."""
    rows = await _SQL["number"].many(db, most=most)
    counts = {row["organization_id"]: row["numbered"] for row in rows}
    return Numbered(
        counts={organization_id: count for organization_id, count in counts.items() if count},
        passed_over=not all(counts.values()),
    )


async def page(
    db: Runs, organization_id: UUID, *, past: int, most: int, types: Sequence[EventType] | None = None
) -> list[Event]:
    """The first `most` events past a place, of these types or of all, in their order."""
    wanted = None if types is None else [type.value for type in types]
    rows = await _SQL["page"].many(db, organization_id=organization_id, past=past, types=wanted, most=most)
    return [Event(**row) for row in rows]


async def place(db: Runs, organization_id: UUID, id: UUID | None = None) -> Place:
    """Where an event stands, and where the feed ends: what is committed and numbered is at or before that."""
    row = await _SQL["place"].maybe(db, organization_id=organization_id, id=id)
    return Place(**row) if row else Place(position=None, latest=BEGINNING)


async def latest(db: Runs, organization_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Where the feeds of these organizations end; one that is not there any more has none."""
    rows = await _SQL["latest"].many(db, organization_ids=list(organization_ids))
    return {row["organization_id"]: row["latest"] for row in rows}
