"""The entries of a work item's history, which are its events. Statuses are in them as agents are told them."""

from bridge.things.contract import Happened
from bridge.things.work.names import told
from bridge.things.work.row import WorkItem
from storage.model import Json


def created(after: WorkItem, by: Json) -> Happened:
    """An item was added to the backlog."""
    detail = {"depends_on": [each["id"] for each in after.dependencies]}
    return Happened(move="created", from_status=None, to_status=told(after.status), by=by, detail=detail)


def leased(before: WorkItem, after: WorkItem, seconds: int, by: Json) -> Happened:
    """An agent or a person got it."""
    return _happened("leased", before, after, by, holder=after.holder, seconds=seconds)


def released(before: WorkItem, after: WorkItem, by: Json, *, reason: str | None, is_reclaimed: bool) -> Happened:
    """Its holder gave it back or, if it was reclaimed, another took it from the holder."""
    return _happened("released", before, after, by, reason=reason, holder=before.holder, reclaimed=is_reclaimed)


def expired(before: WorkItem, after: WorkItem, by: Json, *, reason: str | None = None) -> Happened:
    """Its lease ran out, and it is free again."""
    return _happened("expired", before, after, by, reason=reason, holder=before.holder)


def blocked(before: WorkItem, after: WorkItem, by: Json) -> Happened:
    """It cannot go on, for a reason."""
    return _happened("blocked", before, after, by, reason=after.blocked_reason, holder=before.holder)


def unblocked(before: WorkItem, after: WorkItem, by: Json) -> Happened:
    """It can go on."""
    return _happened("unblocked", before, after, by)


def done(before: WorkItem, after: WorkItem, by: Json) -> Happened:
    """It is done."""
    return _happened("done", before, after, by, holder=before.holder, result=after.result)


def _happened(
    move: str, before: WorkItem, after: WorkItem, by: Json, *, reason: str | None = None, **detail: object
) -> Happened:
    """An entry with the number of the latest lease, which `data` of the event may be newer than."""
    return Happened(
        move=move,
        from_status=told(before.status),
        to_status=told(after.status),
        by=by,
        reason=reason,
        detail={"attempts": after.attempts, **detail},
    )
