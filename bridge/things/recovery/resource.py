"""The recovery resource: the fields of its own that responses, events and webhooks contain."""

from bridge.representation.interaction import moment
from bridge.things import actors
from bridge.things.recovery import entries, owner
from bridge.things.recovery.row import Recovery
from storage.model import Json
from storage.things import ThingRow


def resource(found: ThingRow[Recovery]) -> Json:
    """Every field of a recovery that things of other nouns do not have."""
    row = found.row
    return {
        "status": row.status,
        "outcome": row.outcome,
        "source": entries.source(row),
        "kind": row.kind,
        "cause": row.cause,
        "fingerprint": row.fingerprint,
        "next_action": row.next_action,
        "owner": owner.of(row),
        "previous_owner": row.previous_owner,
        "return_owner": row.return_owner,
        "recovery_ref": row.recovery_ref,
        "wake_policy": row.wake_policy,
        "monitor_policy": row.monitor_policy,
        "evidence": row.evidence,
        "max_attempts": row.max_attempts,
        "timeout_at": moment(row.timeout_at),
        "attempt_count": row.attempt_count,
        "last_attempt_at": moment(row.last_attempt_at),
        "escalated_at": moment(row.escalated_at),
        "note": row.note,
        "blocker": _blocker(row.blocker),
        "resolved_by": actors.resource(row.resolved_by) if row.resolved_by else None,
        "resolved_at": moment(row.resolved_at),
    }


def _blocker(stored: Json | None) -> Json | None:
    """The blocker with the decisive fields first: a database keeps no order of names."""
    if stored and (external := stored.get("external")):
        return {"external": {name: external[name] for name in ("type", "id", "url") if name in external} | external}
    return stored
