"""The entries of an incident's history, which are its events: one for each transition, none for a comment."""

from bridge.things.contract import Happened
from bridge.things.incident import updates
from bridge.things.incident.row import Incident, Status
from storage.model import Json


def created(after: Incident, by: Json, message: str | None) -> Happened:
    """An incident was opened."""
    return Happened(
        move="created", from_status=None, to_status=after.status, by=by, reason=message, detail=_detail(after, {})
    )


def transition(before: Incident, after: Incident, changes: Json, latest: Json) -> Happened:
    """Status, severity or systems changed, in one entry; one with the status `resolved` is told as its end."""
    is_resolved = "status" in changes and after.status == Status.RESOLVED
    others = {name: change for name, change in changes.items() if name != "status"}
    return Happened(
        move="resolved" if is_resolved else "updated",
        from_status=before.status,
        to_status=after.status,
        by=latest["by"],
        reason=latest["message"] or (updates.said({**latest, "changes": others}) if others else None),
        detail=_detail(after, changes),
    )


def _detail(after: Incident, changes: Json) -> Json:
    """The incident as of this entry, which `data` of the event may be newer than, and what changed."""
    return {
        "systems": after.systems,
        "severity": after.severity,
        "status": after.status,
        "status_change": changes.get("status"),
        "changes": changes,
    }
