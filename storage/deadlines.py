"""Deadlines: the end of an interaction that no person answered in time is written before any reader reports it.

No reader computes such an end from a pending row. While a claim that was decided before the deadline is still
committing, the row looks pending and overdue: a computed end could be reported, and then another end be recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from storage import statements
from storage.model import Json, Status
from storage.statements import Runs

_SQL = statements.load("deadlines")

NEVER_SHOWN: Json = {
    "code": "never_shown",
    "detail": "The deadline passed before a card could be posted.",
    "fix": "Ask again with a longer expires_in, and check that the bridge can reach Slack.",
}
UNSERVED: Json = {
    "code": "token_missing",
    "detail": "The deadline passed before a card could be posted: no replica had a valid bot token for the workspace.",
    "fix": "Ask the operator of this bridge to set the workspace's bot token, then ask again.",
}

FIXES: Json = {  # by the code of the reason for which its cards waited; NEVER_SHOWN has that of all others
    "rate_limited": "Ask again with a longer expires_in, or in another channel.",
    "waiting_for_turn": "Ask again with a longer expires_in, or ask fewer questions at once in one channel.",
    "internal_error": "Report it to the operator of the bridge; its log has the details.",
}

REASONS: dict[str, Json] = {"never_shown": NEVER_SHOWN, "unserved": UNSERVED, "fixes": FIXES}
"""The parameters of every statement that ends interactions whose deadline has passed."""


class EndedInteraction(NamedTuple):
    """An interaction whose end was written by this call."""

    organization_id: UUID
    id: UUID
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The result of one pass of the expiry loop."""

    ended: list[EndedInteraction]
    next_in: float | None  # seconds to the next deadline or last call; not positive: a locked row was skipped
    called: int  # posted cards that were made due once more before the deadline of their interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedDue:
    """The result of one pass through an organization."""

    ended: list[EndedInteraction]
    more: bool  # the pass was full, counting those that another replica ended meanwhile: there may be more


async def expire(db: Runs, *, event_ids: Sequence[UUID]) -> Expired:
    """End interactions whose deadline has passed, at most one for each event id, and make as many last calls.

    Skips rows that are locked.
    """
    rows = await _SQL["expire"].many(db, limit=len(event_ids), event_ids=list(event_ids), **REASONS)
    return Expired(
        ended=[_ended(row) for row in rows if row["id"] is not None],
        next_in=rows[0]["next_in"],
        called=rows[0]["called"],
    )


async def end_named(
    db: Runs, organization_id: UUID, ids: Sequence[UUID], *, event_ids: Sequence[UUID]
) -> list[EndedInteraction]:
    """End those of these interactions whose deadline has passed, each with an event id of its own.

    Waits for locked rows. An interaction that does not exist, or has another end by then, is left out of the result.
    """
    rows = await _SQL["end_named"].many(
        db, organization_id=organization_id, ids=list(ids), event_ids=list(event_ids), **REASONS
    )
    return [_ended(row) for row in rows]


async def end_due(db: Runs, organization_id: UUID, *, event_ids: Sequence[UUID]) -> EndedDue:
    """End an organization's interactions whose deadline has passed, at most one for each event id. Waits for locks."""
    rows = await _SQL["end_due"].many(
        db,
        organization_id=organization_id,
        limit=len(event_ids),
        event_ids=list(event_ids),
        **REASONS,
    )
    return EndedDue(
        ended=[_ended(row) for row in rows if row["id"] is not None], more=rows[0]["found"] == len(event_ids)
    )


def _ended(row: Record) -> EndedInteraction:
    return EndedInteraction(organization_id=row["organization_id"], id=row["id"], status=Status(row["status"]))
