"""The work item resource: the fields of its own that responses, events and webhooks contain."""

from bridge.ids import ThingPrefix
from bridge.representation.interaction import moment
from bridge.things import actors
from bridge.things.work.row import WorkItem
from storage.model import Json
from storage.things import ThingRow

PREFIX = ThingPrefix("wrk")


def resource(found: ThingRow[WorkItem]) -> Json:
    """Every field of a work item that things of other nouns do not have."""
    row = found.row
    return {
        "title": row.title,
        "body": row.body,
        "phase": row.phase,
        "priority": row.priority,
        "acceptance": row.acceptance,
        "depends_on": [{"id": each["id"], "done": each["is_met"]} for each in row.dependencies],
        "waits_for": row.unmet,
        "holder": row.holder,
        "attempts": row.attempts,
        "take_seconds": row.take_seconds,
        "leased_at": moment(row.leased_at),
        "leased_until": moment(row.leased_until),
        "blocked_reason": row.blocked_reason,
        "result": row.result,
        "done_by": _who(row.done_by),
        "done_at": moment(row.done_at),
    }


def _who(by: Json | None) -> Json | None:
    """Who made it done, and the name of the agent that held it."""
    if by is None:
        return None
    return actors.resource(by) | ({"agent": by["agent"]} if by.get("agent") else {})
