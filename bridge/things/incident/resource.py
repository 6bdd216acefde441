"""The incident resource: the fields of its own that responses, events and webhooks contain."""

from bridge.representation.interaction import moment
from bridge.things import actors
from bridge.things.incident import updates
from bridge.things.incident.row import Incident
from storage.model import Json
from storage.things import ThingRow


def resource(found: ThingRow[Incident]) -> Json:
    """Every field of an incident that things of other nouns do not have."""
    row = found.row
    return {
        "title": row.title,
        "description": row.description,
        "severity": row.severity,
        "status": row.status,
        "status_by": actors.resource(row.status_by),
        "status_at": moment(row.status_at),
        "systems": row.systems,
        "resolved_at": moment(row.resolved_at),
        "notes": row.has_notes,
        "suppress_notifications": row.suppress_notifications,
        "update_count": row.update_count,
        "updates": [updates.resource(each) for each in row.recent_updates[::-1]],
    }
