"""The CHECKs of the table of work items in Python, for rows that no database sees; a test compares them."""

from bridge.things.work.row import LeaseEnd, Status, WorkItem


def violated(row: WorkItem) -> list[str]:
    """The checks that a row violates."""
    is_leased, is_done = row.status == "leased", row.status == "done"
    holders = sum(each is not None for each in (row.holder_agent, row.holder_user))
    checks = {
        "status": row.status in set(Status),
        "attempts": row.attempts >= 0,
        "unmet": row.unmet >= 0,
        "priority": -1_000 <= row.priority <= 1_000,
        "take_seconds": row.take_seconds > 0,
        "lease_end": row.lease_end is None or row.lease_end in set(LeaseEnd),
        "leased_at": is_leased == (row.leased_at is not None),
        "leased_until": is_leased == (row.leased_until is not None),
        "order": row.leased_at is None or row.leased_until is None or row.leased_until > row.leased_at,
        "one holder": holders == (1 if is_leased else 0),
        "holder_name": row.holder_name is None or row.holder_user is not None,
        "an end": (row.lease_end is not None) == (row.attempts > 0 and not is_leased),
        "a lease": not is_leased or row.attempts > 0,
        "done by a lease": row.lease_end != "done" or is_done,
        "blocked_reason": row.blocked_reason is None or row.status == "blocked",
        "result": row.result is None or is_done,
        "done_by": is_done == (row.done_by is not None),
        "done_at": is_done == (row.done_at is not None),
        "a person or a key": row.done_by is None or not {"user", "key"}.isdisjoint(row.done_by),
        "refresh_at": row.refresh_at is None or not is_done,
    }
    return [name for name, holds in checks.items() if not holds]
