"""What ended long ago is forgotten: questions with all that is theirs, a bounded batch at a time.

A question is held while it goes, so whoever claims it, writes back one of its copies or forgets it too comes before or
after, never between. Only what nobody holds is taken, so that no two replicas wait for each other or for a click.
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
class Place:
    """How far a walk through what ended has come: past this question."""

    ended_at: datetime
    organization_id: UUID
    id: UUID


START = Place(ended_at=datetime.fromtimestamp(0, UTC), organization_id=UUID(int=0), id=UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch of a walk."""

    seen: int  # questions that are old enough
    forgotten: int  # of these; the others owe a screen their end, or an agent a delivery
    last: Place | None  # where the next batch begins; None: the walk has come to its end


async def forget_questions(db: Database, *, days: int, after: Place, most: int) -> Batch:
    """Forget what ended more than `days` days ago and owes nothing, at most `most` questions past `after`."""
    async with db.acquire() as held, held.transaction():
        old = await _SQL["hold"].many(
            held,
            days=days,
            after=after.ended_at,
            after_organization_id=after.organization_id,
            after_id=after.id,
            most=most,
        )
        pairs = [(row["organization_id"], row["id"]) for row in old]
        settled = await _SQL["settled"].many(held, **_columns(pairs)) if pairs else []
        await forget(held, [(row["organization_id"], row["id"]) for row in settled])
    last = Place(**old[-1]) if len(old) == most else None
    return Batch(seen=len(old), forgotten=len(settled), last=last)


async def forget(held: Runs, questions: Sequence[tuple[UUID, UUID]]) -> int:
    """Forget these (organization, id) pairs with all that is theirs; how many rows. The caller holds them."""
    if not questions:
        return 0
    row = await _SQL["forget"].one(held, **_columns(questions))
    rows: int = row["rows"]
    return rows


async def forget_clicks(db: Runs, *, days: int, most: int) -> int:
    """Forget clicks on no question that came more than `days` days ago, at most `most` of them; how many."""
    row = await _SQL["forget_clicks"].one(db, days=days, most=most)
    rows: int = row["rows"]
    return rows


async def forget_endpoints(db: Runs, *, days: int, most: int) -> int:
    """Forget endpoints that were deleted more than `days` days ago and that nothing names, at most `most`; how many."""
    row = await _SQL["forget_endpoints"].one(db, days=days, most=most)
    rows: int = row["rows"]
    return rows


def _columns(pairs: Sequence[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"organization_ids": [organization for organization, _ in pairs], "ids": [id for _, id in pairs]}
