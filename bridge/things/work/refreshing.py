"""What time makes of work items: leases run out, and cards are drawn anew once the dependencies have changed."""

from dataclasses import replace
from datetime import datetime

from bridge.things.contract import Decision, Locked
from bridge.things.work import life
from bridge.things.work.row import WorkItem


def tick(locked: Locked[WorkItem]) -> Decision[WorkItem] | None:
    """The item without its lease, if that has run out, or as its cards are to show it; None: nothing is due."""
    row, now = locked.row, locked.now
    if row.is_overdue(now):
        decision = life.expired(locked)
        return replace(decision, row=replace(decision.row, refresh_at=None))
    if row.refresh_at is not None and row.refresh_at <= now:
        return Decision(row=replace(row, refresh_at=None), happened=[])
    return None


def due_at(row: WorkItem) -> datetime | None:
    """When that is next; None: never, unless something happens."""
    return min((at for at in (row.leased_until, row.refresh_at) if at is not None), default=None)
