"""Retention: interactions that ended long ago are deleted with all their rows, in bounded batches.

An interaction is locked while it is deleted, so that a claim, a write-back of a card or another replica's deletion
comes before or after, never between. Locked rows are skipped, so that no replica waits for another one or for a click.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from storage import statements
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("retention")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPosition:
    """How far a walk through the ended interactions has come: past this one."""

    ended_at: datetime
    organization_id: UUID
    id: UUID


START = RetentionPosition(ended_at=datetime.fromtimestamp(0, UTC), organization_id=UUID(int=0), id=UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The result of one batch of a walk."""

    seen: int  # interactions that are old enough
    forgotten: int  # of these; the others have a card, an event or a delivery that is outstanding
    last: RetentionPosition | None  # where the next batch begins; None: the walk is complete


async def forget_interactions(db: Database, *, days: int, after: RetentionPosition, limit: int) -> Batch:
    """Delete interactions that ended more than `days` days ago and have no work outstanding.

    Reads up to `limit` interactions past `after`.
    """
    async with db.acquire() as held, held.transaction():
        old = await _SQL["hold"].many(
            held,
            days=days,
            after=after.ended_at,
            after_organization_id=after.organization_id,
            after_id=after.id,
            limit=limit,
        )
        pairs = [(row["organization_id"], row["id"]) for row in old]
        settled = await _SQL["settled"].many(held, **_columns(pairs)) if pairs else []
        await forget(held, [(row["organization_id"], row["id"]) for row in settled])
    last = RetentionPosition(**old[-1]) if len(old) == limit else None
    return Batch(seen=len(old), forgotten=len(settled), last=last)


async def forget(held: Runs, pairs: Sequence[tuple[UUID, UUID]]) -> int:
    """Delete the interactions of these (organization, id) pairs with all their rows; returns how many rows.

    The caller's transaction `held` has locked them.
    """
    if not pairs:
        return 0
    row = await _SQL["forget"].one(held, **_columns(pairs))
    rows: int = row["rows"]
    return rows


async def forget_things(db: Database, *, days: int, after: RetentionPosition, limit: int) -> Batch:
    """Delete things that ended more than `days` days ago and owe nothing, with their rounds and all rows of these.

    Reads up to `limit` things past `after`.
    """
    async with db.acquire() as held, held.transaction():
        old = await _SQL["hold_things"].many(
            held,
            days=days,
            after=after.ended_at,
            after_organization_id=after.organization_id,
            after_id=after.id,
            limit=limit,
        )
        pairs = [(row["organization_id"], row["id"]) for row in old]
        settled: list[tuple[UUID, UUID]] = []
        if pairs:
            rounds = await _SQL["hold_rounds"].many(held, **_columns(pairs))
            round_ids = [row["id"] for row in rounds]
            rows = await _SQL["settled_things"].many(held, **_columns(pairs), round_ids=round_ids)
            settled = [(row["organization_id"], row["id"]) for row in rows]
            owing = set(pairs) - set(settled)
            await forget(
                held,
                [
                    (row["organization_id"], row["id"])
                    for row in rounds
                    if (row["organization_id"], row["thing_id"]) not in owing
                ],
            )
            await delete_things(held, settled)
    last = RetentionPosition(**old[-1]) if len(old) == limit else None
    return Batch(seen=len(old), forgotten=len(settled), last=last)


async def delete_things(held: Runs, pairs: Sequence[tuple[UUID, UUID]]) -> int:
    """Delete the things of these (organization, id) pairs, whose rounds are deleted; returns how many rows, about.

    The caller's transaction `held` has locked them.
    """
    if not pairs:
        return 0
    row = await _SQL["forget_things"].one(held, **_columns(pairs))
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


def _columns(pairs: Sequence[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"organization_ids": [organization for organization, _ in pairs], "ids": [id for _, id in pairs]}
