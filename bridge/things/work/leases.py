"""The leases of a work item: who gets it, for how long, and how that ends; pure. See `life` for all of its life.

A lease has a number, `attempts`, which is its fence. Only who knows the fence of the latest lease can renew or end it.
After a lease has run out its holder can still end it, until it is reclaimed or leased again; it cannot be renewed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from bridge.representation import status_text
from bridge.things.contract import Decision, Happened, Locked
from bridge.things.work import entries
from bridge.things.work.row import LeaseEnd, Status, WorkItem
from storage.model import Json

Holder: TypeAlias = Json  # {"agent": name} or {"user": id, "name": name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a move is not made. `detail` is a sentence for the agent that wanted it."""

    code: Literal["stale_fence", "illegal_move"]
    detail: str


Result: TypeAlias = Decision[WorkItem] | Refused


def leased(locked: Locked[WorkItem], holder: Holder, seconds: int, by: Json) -> Decision[WorkItem] | None:
    """The item with another lease; None if it is not free. What is left of a lease that ran out ends before."""
    row, now = locked.row, locked.now
    if not row.is_free(now):
        return None
    start, happened = row, list[Happened]()
    if row.status == Status.LEASED:
        start = given_back(row, LeaseEnd.RECLAIMED)
        happened.append(entries.expired(row, start, {}))
    after = replace(
        start,
        status=Status.LEASED.value,
        attempts=row.attempts + 1,
        holder_agent=holder.get("agent"),
        holder_user=holder.get("user"),
        holder_name=holder.get("name"),
        leased_at=now,
        leased_until=now + timedelta(seconds=seconds),
        lease_end=None,
    )
    return Decision(row=after, happened=[*happened, entries.leased(start, after, seconds, by)])


def renewed(locked: Locked[WorkItem], fence: int, seconds: int, by: Json) -> Result:
    """The item, held for so many seconds from now on. This writes no history. An agent may renew often."""
    row, now = locked.row, locked.now
    if row.status != Status.LEASED or fence != row.attempts:
        return stale(row, fence)
    if row.is_overdue(now):
        at = status_text.moment(row.leased_until) if row.leased_until else "?"
        return Refused(code="stale_fence", detail=f"Lease {fence} ran out at {at}: lease the item again.")
    after = replace(row, leased_until=now + timedelta(seconds=seconds))
    return Decision(row=after, happened=[], is_quiet="user" not in by)


def released(locked: Locked[WorkItem], fence: int, reason: str | None, by: Json) -> Result:
    """The item as its holder gave it back."""
    row = locked.row
    if (answer := before(row, fence, LeaseEnd.RELEASED)) is not None:
        return answer
    after = given_back(row, LeaseEnd.RELEASED)
    return Decision(row=after, happened=[entries.released(row, after, by, reason=reason, is_reclaimed=False)])


def reclaimed(locked: Locked[WorkItem], reason: str | None, by: Json) -> Result:
    """The item as another took it from its holder."""
    row = locked.row
    if row.status != Status.LEASED:
        if row.status == Status.READY and row.lease_end == LeaseEnd.RECLAIMED:
            return unchanged(row)
        return Refused(code="illegal_move", detail=f"It is {row.status}: no one holds it.")
    after = given_back(row, LeaseEnd.RECLAIMED)
    if row.is_overdue(locked.now):
        return Decision(row=after, happened=[entries.expired(row, after, by, reason=reason)])
    return Decision(row=after, happened=[entries.released(row, after, by, reason=reason, is_reclaimed=True)])


def expired(locked: Locked[WorkItem], by: Json | None = None) -> Decision[WorkItem]:
    """The item without its lease, if that has run out; `by` asked for it, left out: time alone."""
    row = locked.row
    if not row.is_overdue(locked.now):
        return unchanged(row)
    after = given_back(row, LeaseEnd.RECLAIMED)
    return Decision(row=after, happened=[entries.expired(row, after, by or {})])


def before(row: WorkItem, fence: int | None, end: LeaseEnd) -> Result | None:
    """The answer to a move that would end the latest lease, if it cannot, or has done so; None: make it."""
    if fence is None:
        if row.status != Status.LEASED:
            return None
        held = f"It is claimed by {named(row)}"
        return Refused(code="illegal_move", detail=f"{held}: give the fence of this lease, or reclaim it first.")
    if fence == row.attempts and row.status == Status.LEASED:
        return None
    return unchanged(row) if fence == row.attempts and row.lease_end == end else stale(row, fence)


def ended(row: WorkItem, end: LeaseEnd) -> WorkItem:
    """The row without a holder; its lease, if it has one, ended so."""
    return replace(
        row,
        holder_agent=None,
        holder_user=None,
        holder_name=None,
        leased_at=None,
        leased_until=None,
        lease_end=end.value if row.status == Status.LEASED else row.lease_end,
    )


def given_back(row: WorkItem, end: LeaseEnd) -> WorkItem:
    """The row that is ready again, because its lease ended so."""
    return replace(ended(row, end), status=Status.READY.value)


def unchanged(row: WorkItem) -> Decision[WorkItem]:
    """The row as it is: there is nothing left to do."""
    return Decision(row=row, happened=[])


def stale(row: WorkItem, fence: int) -> Refused:
    """The answer to who does not hold the item any more: what it is now, and who holds it."""
    match Status(row.status):
        case Status.LEASED:
            now = f"it is claimed by {named(row)} since then"
        case Status.READY:
            now = "it is ready, and can be leased again"
        case Status.BLOCKED:
            now = "it is blocked"
        case _:
            now = "it is done"
    return Refused(code="stale_fence", detail=f"{fence} is not the fence of a lease that lasts: {now}.")


def named(row: WorkItem) -> str:
    """The holder of a row in a sentence for agents."""
    if row.holder_user is not None:
        return status_text.person(row.holder_user, row.holder_name)
    return f"the agent {status_text.quoted(row.holder_agent)}"
