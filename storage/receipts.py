"""The last mile of an answer: whether its agent heard it, and what the agent reports of what it then did."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from storage import statements
from storage.model import Progress
from storage.pool import Database

_SQL = statements.load("receipts")

COALESCE_SECONDS = 3.0  # between what is reported and the edit that shows it, so that one edit shows all of a burst
LATE_SECONDS = 120.0  # unheard for so long, an answer is said to be so on its cards

Pair: TypeAlias = tuple[UUID, UUID]
"""An organization and a question of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an agent reports of an answer."""

    status: Progress
    summary: str | None
    url: str | None


class Recording(StrEnum):
    """What became of a receipt."""

    RECORDED = "recorded"
    REPEATED = "repeated"  # it stood already; nothing changed
    REFUSED = "refused"  # another one stands that cannot be followed by this one; nothing changed
    UNANSWERED = "unanswered"  # the question has no answer to act on; nothing changed
    OVERDUE = "overdue"  # its deadline has passed and its end is not written: to be recorded again once it is


async def heard(db: Database, told: Sequence[Pair]) -> list[Pair]:
    """Remember that agents were given the ends of these questions.

    Whoever gives an end to an agent by whatever way says so here, however often: the first time counts. A question that
    is pending, unknown or was heard before is passed over. Gives back what somebody else held: say it again.
    """
    rows = await _SQL["heard"].many(
        db,
        organization_ids=[organization_id for organization_id, _ in told],
        ids=[id for _, id in told],
        seconds=COALESCE_SECONDS,
    )
    return [(row["organization_id"], row["id"]) for row in rows]


async def record(
    db: Database, organization_id: UUID, id: UUID, receipt: Receipt, *, key_name: str, event_id: UUID
) -> Recording | None:
    """Record what an agent reports, in order: picked up, then succeeded or failed. None: there is no such question."""
    async with db.acquire() as runs, runs.transaction():
        # A statement of its own: a click that was before this one has committed, and the next snapshot sees its answer.
        await _SQL["lock"].run(runs, organization_id=organization_id, id=id)
        row = await _SQL["record"].maybe(
            runs,
            organization_id=organization_id,
            id=id,
            status=receipt.status.value,
            summary=receipt.summary,
            url=receipt.url,
            key_name=key_name,
            event_id=event_id,
            seconds=COALESCE_SECONDS,
        )
    return Recording(row["outcome"]) if row else None


async def late(db: Database, *, most: int, within: float) -> list[Pair]:
    """Let cards say what no agent has heard for LATE_SECONDS, at most `most` answers; which they are.

    Of those that became late in the last `within` seconds: all that ended then are read, heard or not.
    """
    rows = await _SQL["late"].many(db, most=most, seconds=LATE_SECONDS, within=within)
    return [(row["organization_id"], row["id"]) for row in rows]
