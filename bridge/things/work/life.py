"""The life of a work item; pure.

              lease                complete
    ready ─────────────> leased ─────────────> done                                     final
      ▲ ▲                 │ │ │
      │ └─────────────────┘ │ └── renew: leased for longer
      │   release, reclaim, │ block
      │   or time           ▼
      └───────────────── blocked
           unblock

An item that no one holds, ready or blocked, can be completed or blocked as well. It can be leased once every item that
it depends on is done. `leases` has the moves of leases, with their fences.
"""

from dataclasses import replace
from datetime import datetime

from bridge.things.contract import Decision, Locked
from bridge.things.work import entries
from bridge.things.work.leases import (
    Holder,
    Refused,
    Result,
    before,
    ended,
    expired,
    leased,
    reclaimed,
    released,
    renewed,
    unchanged,
)
from bridge.things.work.request import ChangeWork, CreateWork
from bridge.things.work.row import LeaseEnd, Status, WorkItem
from storage.model import Json

__all__ = [
    "Holder",
    "Refused",
    "Result",
    "blocked",
    "changed",
    "completed",
    "created",
    "expired",
    "leased",
    "reclaimed",
    "released",
    "renewed",
    "unblocked",
]


def created(sent: CreateWork, by: Json, *, dependencies: list[Json], now: datetime) -> Decision[WorkItem]:
    """A new item, with these dependencies: {"id", "is_met", "item"}."""
    is_done = sent.status == "done"
    row = WorkItem(
        name=sent.id,
        title=sent.title,
        body=sent.body,
        phase=sent.phase,
        priority=sent.priority,
        acceptance=sent.acceptance,
        status=sent.status,
        attempts=0,
        take_seconds=sent.take_seconds,
        holder_agent=None,
        holder_user=None,
        holder_name=None,
        leased_at=None,
        leased_until=None,
        lease_end=None,
        blocked_reason=sent.reason,
        result=sent.result,
        done_by=by if is_done else None,
        done_at=now if is_done else None,
        unmet=sum(not each["is_met"] for each in dependencies),
        dependencies=dependencies,
        refresh_at=None,
    )
    return Decision(row=row, happened=[entries.created(row, by)])


def changed(locked: Locked[WorkItem], sent: ChangeWork) -> Decision[WorkItem]:
    """The item with what was given anew. This writes no history."""
    return Decision(row=replace(locked.row, **sent.changes()), happened=[])


def completed(locked: Locked[WorkItem], fence: int | None, result: str | None, by: Json) -> Result:
    """The item that is done: by its holder with the fence or, if no one holds it, by anyone without one."""
    row = locked.row
    if (answer := before(row, fence, LeaseEnd.DONE)) is not None:
        return answer
    if row.status == Status.DONE:
        if row.lease_end != LeaseEnd.DONE:  # this move made it so
            return unchanged(row)
        return Refused(code="illegal_move", detail="It is done, which is final: its holder completed it.")
    after = replace(
        ended(row, LeaseEnd.DONE),
        status=Status.DONE.value,
        blocked_reason=None,
        result=result,
        done_by=by if row.holder_agent is None else by | {"agent": row.holder_agent},
        done_at=locked.now,
        refresh_at=None,
    )
    return Decision(row=after, happened=[entries.done(row, after, by)], end_reason="The work item is done.")


def blocked(locked: Locked[WorkItem], fence: int | None, reason: str, by: Json) -> Result:
    """The item that cannot go on, which ends its lease; without a fence one that no one holds."""
    row = locked.row
    if (answer := before(row, fence, LeaseEnd.BLOCKED)) is not None:
        return answer
    if row.status == Status.DONE:
        return Refused(code="illegal_move", detail="It is done, which is final.")
    if row.status == Status.BLOCKED and row.blocked_reason == reason:
        return unchanged(row)
    after = replace(ended(row, LeaseEnd.BLOCKED), status=Status.BLOCKED.value, blocked_reason=reason)
    return Decision(row=after, happened=[entries.blocked(row, after, by)])


def unblocked(locked: Locked[WorkItem], by: Json) -> Result:
    """The item that can go on; one that is ready already stays as it is."""
    row = locked.row
    if row.status == Status.READY:
        return unchanged(row)
    if row.status != Status.BLOCKED:
        status = "claimed" if row.status == Status.LEASED else "done, which is final"
        return Refused(code="illegal_move", detail=f"It is {status}, not blocked.")
    after = replace(row, status=Status.READY.value, blocked_reason=None)
    return Decision(row=after, happened=[entries.unblocked(row, after, by)])
