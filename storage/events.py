"""The feed: an organization's events in one order, with positions that are given after the commit.

A cursor over anything that is written in the transaction itself (a time, an id, a sequence) misses what commits late.
Here a committed event gets its position from one numberer at a time, so a reader sees everything past a position. The
event is also the outbox: its deliveries are written with its position.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import ENDS, Event, EventType
from storage.statements import Runs

_SQL = statements.load("events")

BEGINNING = 0  # the place before the first
BATCH = 100  # events of one transaction; each may cause 20 deliveries
BATCHES = 10  # transactions of one pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What one pass did."""

    counts: dict[UUID, int]  # organization -> events that got their position or their deliveries, never 0
    deliveries: int  # that were written
    passed_over: bool  # some events are still due, because another replica holds what they need


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an event stands, None when the feed has none with its id; and where the feed ends now."""

    position: int | None
    latest: int


async def number(db: Runs, *, limit: int = BATCH, batches: int = BATCHES) -> Numbered:
    """Give committed events of all organizations their positions and deliveries, oldest first. Never waits for a lock.

    In at most `batches` transactions of at most `limit` events each; ends after one that finds no more.
    """
    counts: Counter[UUID] = Counter()
    deliveries, passed_over, full = 0, False, True
    while full and not passed_over and batches:
        rows = await _SQL["number"].many(db, limit=limit, ends=sorted(ENDS))
        counts.update({row["organization_id"]: row["done"] for row in rows if row["done"]})
        deliveries += sum(row["deliveries"] for row in rows)
        passed_over = any(row["done"] < row["due"] for row in rows)
        full = sum(row["due"] for row in rows) == limit
        batches -= 1
    return Numbered(counts=dict(counts), deliveries=deliveries, passed_over=passed_over)


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
