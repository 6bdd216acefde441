"""The feed: an organization's events in one order, by positions that are assigned after the commit.

A cursor over a value that the transaction itself writes (a time, an id, a sequence) misses events that commit late.
Here a committed event gets its position from one replica at a time, so a reader sees every event past its position. The
event row is also the outbox: its deliveries are written together with its position.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import ENDS, FeedEvent
from storage.statements import Runs

_SQL = statements.load("events")

BEGINNING = 0  # the position before the first event
BATCH = 100  # events of one transaction; each may cause 20 deliveries
BATCHES = 10  # transactions of one pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """The result of one pass."""

    counts: dict[UUID, int]  # organization -> events that got their position or their deliveries, never 0
    deliveries: int  # that were written
    passed_over: bool  # some due events were skipped, because another transaction has locked a row that they need


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPosition:
    """The position of an event, and the end of its feed."""

    position: int | None  # None: the feed has no event with this id
    latest: int  # of the last event that has a position


async def number(db: Runs, *, limit: int = BATCH, batches: int = BATCHES) -> Numbered:
    """Give committed events of all organizations their positions and deliveries, oldest first. Never waits for a lock.

    Works in at most `batches` transactions of at most `limit` events each, and stops after one that finds no more.
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
    db: Runs, organization_id: UUID, *, past: int, limit: int, types: Sequence[str] | None = None
) -> list[FeedEvent]:
    """Return the first `limit` events past the position `past`, of these types or of all, in the order of the feed."""
    wanted = None if types is None else [str(type) for type in types]
    rows = await _SQL["page"].many(db, organization_id=organization_id, past=past, types=wanted, limit=limit)
    return [FeedEvent(**row) for row in rows]


async def position(db: Runs, organization_id: UUID, id: UUID | None = None) -> FeedPosition:
    """Return the position of an event, and of the end of the feed, which is BEGINNING for an unknown organization."""
    row = await _SQL["position"].maybe(db, organization_id=organization_id, id=id)
    return FeedPosition(**row) if row else FeedPosition(position=None, latest=BEGINNING)


async def latest(db: Runs, organization_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the position of the end of each organization's feed; a deleted organization is left out."""
    rows = await _SQL["latest"].many(db, organization_ids=list(organization_ids))
    return {row["organization_id"]: row["latest"] for row in rows}
