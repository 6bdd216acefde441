"""The fix resource: the fields of its own that responses, events and webhooks contain."""

from bridge import ids
from bridge.ids import ThingPrefix
from bridge.representation.interaction import moment
from bridge.things import actors
from bridge.things.fix.row import Fix
from storage.model import Json
from storage.things import ThingRow

PREFIX = ThingPrefix("fix")


def resource(found: ThingRow[Fix]) -> Json:
    """Every field of a fix that things of other nouns do not have."""
    row = found.row
    return {
        "session": row.session,
        "title": row.title,
        "description": row.description,
        "confidence": row.confidence,
        "key": row.key,
        "template": row.template,
        "script": row.script,
        "parameters": row.parameters,
        "decision": row.decision,
        "decided_by": _person(row.decided_by),
        "decided_at": moment(row.decided_at),
        "outcome": row.outcome,
        "outcome_by": _person(row.outcome_by),
        "outcome_at": moment(row.outcome_at),
        "partial_notes": row.partial_notes,
        "failure_reason": row.failure_reason,
        "waiting_on": row.waiting_on,
        "waiting_since": moment(row.waiting_since),
        "applied_at": moment(row.applied_at),
        "verified_at": moment(row.verified_at),
        "outcome_proposal": _proposal(row.outcome_proposal),
        "remind_at": moment(row.due_at),
        "superseded_at": moment(row.superseded_at),
        "superseded_by": ids.encode(PREFIX, row.superseded_by) if row.superseded_by else None,
    }


def _person(by: Json | None) -> Json | None:
    return actors.resource(by) if by else None


def _proposal(stored: Json | None) -> Json | None:
    """What an agent proposes as the outcome, with the decisive fields first."""
    if stored is None:
        return None
    first = {name: stored.get(name) for name in ("outcome", "reason", "evidence")}
    return first | {"by": actors.resource(stored["by"]), "at": stored["at"]}
