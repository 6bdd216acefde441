"""What follows an answer: whether its agent has acknowledged it, and the agent's receipts of what it then did."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from storage import statements
from storage.interaction_lock import locked
from storage.model import Progress
from storage.pool import Database

_SQL = statements.load("receipts")

COALESCE_SECONDS = 3.0  # between a report and the edit that shows it, so that one edit shows a burst of reports
LATE_SECONDS = 120.0  # after which the cards of an answer say that no agent has acknowledged it

Pair: TypeAlias = tuple[UUID, UUID]
"""The ids of an organization and of one of its interactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An agent's report about an answer that it acts on."""

    status: Progress
    summary: str | None
    url: str | None


class Recording(StrEnum):
    """The outcome of recording a receipt."""

    RECORDED = "recorded"
    REPEATED = "repeated"  # the same receipt was recorded before; nothing changed
    REFUSED = "refused"  # a receipt is recorded that this one cannot follow; nothing changed
    UNANSWERED = "unanswered"  # the interaction has no answer to act on; nothing changed
    OVERDUE = "overdue"  # the deadline has passed and the end is not written: record again once it is


async def acknowledge(db: Database, pairs: Sequence[Pair]) -> list[Pair]:
    """Record that agents were given the ends of these interactions.

    Every way of giving an end to an agent calls this, any number of times: the first time counts. An interaction that
    is pending, unknown or acknowledged already is skipped. Returns the pairs whose rows were locked: to be repeated.
    """
    rows = await _SQL["acknowledge"].many(
        db,
        organization_ids=[organization_id for organization_id, _ in pairs],
        ids=[id for _, id in pairs],
        seconds=COALESCE_SECONDS,
    )
    return [(row["organization_id"], row["id"]) for row in rows]


async def record(
    db: Database, organization_id: UUID, id: UUID, receipt: Receipt, *, key_name: str, event_id: UUID
) -> Recording | None:
    """Record a receipt, in order: picked up, then succeeded or failed. None if there is no such interaction."""
    async with locked(db, organization_id, id) as held:
        row = await _SQL["record"].maybe(
            held,
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


async def mark_unacknowledged(db: Database, *, limit: int, within: float) -> list[Pair]:
    """Mark up to `limit` answers that no agent has acknowledged for LATE_SECONDS, so that their cards say so.

    Only answers that became late in the last `within` seconds, because every interaction that ended then is read,
    acknowledged or not. Returns the marked ones.
    """
    rows = await _SQL["mark_unacknowledged"].many(db, limit=limit, seconds=LATE_SECONDS, within=within)
    return [(row["organization_id"], row["id"]) for row in rows]
