"""The entries of a recovery's history, which are its events: what happened, and who is woken by it."""

from bridge.things.contract import Happened
from bridge.things.recovery import owner
from bridge.things.recovery.row import Outcome, Recovery
from storage.model import Json


def opened(after: Recovery, by: Json) -> Happened:
    """A recovery was opened; wakes its owner."""
    return Happened(move="opened", from_status=None, to_status=after.status, by=by, detail=_to_owner(after))


def refreshed(before: Recovery, after: Recovery, by: Json) -> Happened:
    """A report came; wakes the owner."""
    return Happened(move="refreshed", from_status=before.status, to_status=after.status, by=by, detail=_to_owner(after))


def escalated(before: Recovery, after: Recovery, *, by: Json, reason: str) -> Happened:
    """A recovery was escalated, or its escalation went one step further; wakes the owner that it has from now on."""
    return Happened(
        move="escalated",
        from_status=before.status,
        to_status=after.status,
        by=by,
        reason=reason,
        detail=_to_owner(after) | {"previous_owner": after.previous_owner, "escalation_step": after.escalation_step},
    )


def ended(before: Recovery, after: Recovery, by: Json) -> Happened:
    """A recovery ended; wakes the return owner, unless it is blocked."""
    detail: Json = {"outcome": after.outcome, "attempt_count": after.attempt_count, "source": source(after)}
    if after.return_owner and after.outcome != Outcome.BLOCKED:
        detail["wakes"] = {"return_owner": after.return_owner}
    if after.blocker:
        detail["blocker"] = after.blocker
    return Happened(
        move=after.status, from_status=before.status, to_status=after.status, by=by, reason=after.note, detail=detail
    )


def attempts(row: Recovery) -> str:
    """Which attempt the latest one is, and of how many."""
    if row.max_attempts is None:
        return f"attempt {row.attempt_count:,}"
    if row.attempt_count > row.max_attempts:
        return f"attempt {row.attempt_count:,}, more than the {row.max_attempts:,} allowed"
    return f"attempt {row.attempt_count:,} of {row.max_attempts:,}"


def source(row: Recovery) -> Json:
    """The source of a recovery, as agents named it."""
    return {"type": row.source_type, "id": row.source_id} | ({"url": row.source_url} if row.source_url else {})


def _to_owner(row: Recovery) -> Json:
    return {
        "wakes": {"owner": owner.of(row)},
        "source": source(row),
        "next_action": row.next_action,
        "attempt_count": row.attempt_count,
    }
