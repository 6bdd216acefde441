"""The CHECKs of the table `recoveries` in Python, for rows that no database sees; a test compares the two."""

from bridge.things.recovery.row import Outcome, Recovery, Status


def violated(row: Recovery) -> list[str]:
    """The checks that a row violates."""
    final = row.status in ("resolved", "cancelled")
    checks = {
        "status": row.status in set(Status),
        "outcome": row.outcome is None or row.outcome in set(Outcome),
        "max_attempts": row.max_attempts is None or row.max_attempts > 0,
        "attempt_count": row.attempt_count > 0,
        "escalation_step": row.escalation_step >= 0,
        "one owner": row.owner_agent is None or row.owner_user is None,
        "final has outcome": final == (row.outcome is not None),
        "final has resolved_at": final == (row.resolved_at is not None),
        "resolved_by": (row.resolved_at is None) == (row.resolved_by is None),
        "cancelled": (row.status == "cancelled") == (row.outcome == "cancelled"),
        "blocked": (row.outcome == "blocked") == (row.blocker is not None),
        "blocker_id": row.blocker_id is None or row.blocker is not None,
        "escalated_at": row.status != "escalated" or row.escalated_at is not None,
        "due_at": row.due_at is None or row.status in ("active", "escalated"),
    }
    return [name for name, holds in checks.items() if not holds]
