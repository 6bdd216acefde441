"""The CHECKs of the table of fixes in Python, for rows that no database sees; a test compares them."""

from bridge.things.fix.row import Decided, Fix, Outcome


def violated(row: Fix) -> list[str]:
    """The checks that a row violates."""
    outcome, is_applied = row.outcome, row.outcome not in ("proposed", "dismissed")
    waits = outcome == "applied_pending" or (outcome == "proposed" and row.decision == "one_off")
    checks = {
        "confidence": row.confidence is None or 0 <= row.confidence <= 100,
        "decision": row.decision is None or row.decision in set(Decided),
        "outcome": outcome in set(Outcome),
        "one way": row.template is None or row.script is None,
        "parameters": row.parameters is None or row.script is not None,
        "decided_at": (row.decision is None) == (row.decided_at is None),
        "decided_by": (row.decision is None) == (row.decided_by is None),
        "a person": row.decided_by is None or "user" in row.decided_by,
        "dismissed": row.decision != "dismissed" or outcome == "dismissed",
        "outcome_at": (outcome == "proposed") == (row.outcome_at is None),
        "outcome_by": (outcome == "proposed") == (row.outcome_by is None),
        "applied_at": is_applied == (row.applied_at is not None),
        "verified_at": (outcome in ("applied_success", "applied_failed")) == (row.verified_at is not None),
        "texts": row.applied_at is not None
        or (row.partial_notes is None and row.failure_reason is None and row.waiting_on is None),
        "partial_notes": outcome != "applied_partial" or row.partial_notes is not None,
        "failure_reason": outcome != "applied_failed" or row.failure_reason is not None,
        "waiting_on": outcome != "applied_pending" or row.waiting_on is not None,
        "waiting_since": (row.waiting_on is None) == (row.waiting_since is None),
        "outcome_proposal": row.outcome_proposal is None or (outcome != "dismissed" and row.superseded_at is None),
        "due_at": row.due_at is None or (row.superseded_at is None and waits),
        "superseded_by": row.superseded_by is None or row.superseded_at is not None,
    }
    return [name for name, holds in checks.items() if not holds]
