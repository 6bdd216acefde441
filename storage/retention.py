"""Retention: interactions and things that ended long ago are deleted with all their rows, in bounded batches.

Each is locked while it is deleted, so that a claim, a write-back of a card or another replica's deletion comes before
or after, never between. Locked rows are skipped, so that no replica waits for another one or for a click.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from asyncpg import Record

from storage import statements
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("retention")

Pair: TypeAlias = tuple[UUID, UUID]  # an organization, and the id of an interaction or a thing


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPosition:
    """How far a walk through the ended interactions, or through the ended things, has come: past this one."""

    ended_at: datetime
    organization_id: UUID
    id: UUID


START = RetentionPosition(ended_at=datetime.fromtimestamp(0, UTC), organization_id=UUID(int=0), id=UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The result of one batch of a walk."""

    seen: int  # interactions, or things, that are old enough
    forgotten: int  # of these; the others have a card, a note, an event or a delivery that is outstanding
    last: RetentionPosition | None  # where the next batch begins; None: the walk is complete


async def forget_interactions(db: Database, *, days: int, after: RetentionPosition, limit: int) -> Batch:
    """Delete interactions that ended more than `days` days ago and have no work outstanding.

    Reads up to `limit` interactions past `after`.
    """

    async def settle(held: Runs, old: Sequence[Pair]) -> Sequence[Pair]:
        settled = _pairs(await _SQL["settled"].many(held, **_columns(old)))
        await forget(held, settled)
        return settled

    return await _batch(db, "hold", settle, days=days, after=after, limit=limit)


async def forget_things(db: Database, *, days: int, after: RetentionPosition, limit: int) -> Batch:
    """Delete things that ended more than `days` days ago and owe nothing, with their rounds and all rows of these.

    Reads up to `limit` things past `after`.
    """

    async def settle(held: Runs, old: Sequence[Pair]) -> Sequence[Pair]:
        rounds = await _SQL["hold_rounds"].many(held, **_columns(old))
        round_ids = [row["id"] for row in rounds]
        settled = _pairs(await _SQL["settled_things"].many(held, **_columns(old), round_ids=round_ids))
        owing = set(old) - set(settled)
        await forget(held, _pairs(row for row in rounds if (row["organization_id"], row["thing_id"]) not in owing))
        await delete_things(held, settled)
        return settled

    return await _batch(db, "hold_things", settle, days=days, after=after, limit=limit)


async def _batch(
    db: Database,
    hold: str,
    settle: Callable[[Runs, Sequence[Pair]], Awaitable[Sequence[Pair]]],
    *,
    days: int,
    after: RetentionPosition,
    limit: int,
) -> Batch:
    """Lock what the statement `hold` finds; `settle` deletes those that have no work outstanding, and returns them."""
    async with db.acquire() as held, held.transaction():
        old = await _SQL[hold].many(
            held,
            days=days,
            after=after.ended_at,
            after_organization_id=after.organization_id,
            after_id=after.id,
            limit=limit,
        )
        settled = await settle(held, _pairs(old)) if old else []
    last = RetentionPosition(**old[-1]) if len(old) == limit else None
    return Batch(seen=len(old), forgotten=len(settled), last=last)


async def forget(held: Runs, pairs: Sequence[Pair]) -> int:
    """Delete the interactions of these (organization, id) pairs with all their rows; returns how many rows.

    The caller's transaction `held` has locked them.
    """
    return await _delete("forget", held, pairs)


async def delete_things(held: Runs, pairs: Sequence[Pair]) -> int:
    """Delete the things of these (organization, id) pairs, whose rounds are deleted; returns how many rows, about.

    The caller's transaction `held` has locked them.
    """
    return await _delete("forget_things", held, pairs)


async def _delete(statement: str, held: Runs, pairs: Sequence[Pair]) -> int:
    if not pairs:
        return 0
    row = await _SQL[statement].one(held, **_columns(pairs))
    rows: int = row["rows"]
    return rows


async def forget_clicks(db: Runs, *, days: int, limit: int) -> int:
    """Delete up to `limit` clicks on no interaction that came more than `days` days ago; returns how many."""
    row = await _SQL["forget_clicks"].one(db, days=days, limit=limit)
    rows: int = row["rows"]
    return rows


async def retire_endpoints(db: Runs, *, days: int, limit: int) -> int:
    """Delete, as an agent would, up to `limit` endpoints that have been disabled for more than `days` days.

    Returns how many.
    """
    row = await _SQL["retire_endpoints"].one(db, days=days, limit=limit)
    rows: int = row["rows"]
    return rows


async def forget_throttles(db: Runs, *, limit: int) -> int:
    """Delete up to `limit` rate limits that nothing has used for a day; returns how many."""
    row = await _SQL["forget_throttles"].one(db, limit=limit)
    rows: int = row["rows"]
    return rows


async def forget_endpoints(db: Runs, *, days: int, limit: int) -> int:
    """Remove up to `limit` rows of endpoints that were deleted more than `days` days ago and have no deliveries left.

    Returns how many.
    """
    row = await _SQL["forget_endpoints"].one(db, days=days, limit=limit)
    rows: int = row["rows"]
    return rows


def _pairs(rows: Iterable[Record]) -> list[Pair]:
    return [(row["organization_id"], row["id"]) for row in rows]


def _columns(pairs: Sequence[Pair]) -> dict[str, list[UUID]]:
    return {"organization_ids": [organization for organization, _ in pairs], "ids": [id for _, id in pairs]}
