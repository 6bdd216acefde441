"""The life of an incident; pure.

            ┌──────────────── any to any other ────────────────┐
    created ──> investigating   identified   fixing   monitoring   resolved
                                                              no buttons

A transition changes status, severity or systems, any of them at once, and is told once. A comment, and another title or
description, changes what cards show and is not told.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from bridge.things.contract import Decision, Locked
from bridge.things.incident import entries, state, updates
from bridge.things.incident.request import Create
from bridge.things.incident.row import Incident, Status
from storage.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person or an agent wants of an incident; None: as it is."""

    message: str | None = None
    status: str | None = None
    severity: str | None = None
    systems: list[str] | None = None
    title: str | None = None
    description: str | None = None


def opened(create: Create, now: datetime, by: Json, *, update_id: UUID) -> Decision[Incident]:
    """A new incident, with its first update if something was said."""
    row = Incident(
        title=create.title,
        description=create.description,
        severity=create.severity,
        status=Status.INVESTIGATING.value,
        status_by=by,
        status_at=now,
        systems=create.systems,
        resolved_at=None,
        has_notes=create.notes,
        suppress_notifications=create.suppress_notifications,
        update_count=0,
        recent_updates=[],
    )
    message = create.initial_message
    if message is not None:
        row = updates.appended(row, updates.update(update_id, message=message, changes={}, by=by, now=now))
    return Decision(row=row, happened=[entries.created(row, by, message)])


def changed(
    locked: Locked[Incident], wanted: Change, by: Json, *, update_id: UUID, is_quiet: bool = False
) -> Decision[Incident]:
    """The incident as it is wanted. What already stands changes nothing; a message is then a comment.

    With `is_quiet` its cards may show it a little later, unless the status changes.
    """
    before, now = locked.row, locked.now
    after = _as_wanted(before, wanted, by, now)
    changes = updates.changes(before, after)
    if not changes and wanted.message is None:
        return Decision(row=after, happened=[], is_quiet=is_quiet)
    latest = updates.update(update_id, message=wanted.message, changes=changes, by=by, now=now)
    after = updates.appended(after, latest)
    return Decision(
        row=after,
        happened=[entries.transition(before, after, changes, latest)] if changes else [],
        end_reason="The incident was resolved.",
        is_quiet=is_quiet and "status" not in changes,
        notes=[state.note(after, latest)] if after.has_notes else (),
    )


def identity(row: Incident) -> Json:
    """What a person judges with a click on the card of an incident."""
    return {"status": row.status}


def _as_wanted(before: Incident, wanted: Change, by: Json, now: datetime) -> Incident:
    """The row with what is wanted of it; a system list with the same systems stays as it is."""
    has_other_systems = wanted.systems is not None and set(wanted.systems) != set(before.systems)
    after = replace(
        before,
        title=before.title if wanted.title is None else wanted.title,
        description=before.description if wanted.description is None else wanted.description,
        severity=wanted.severity or before.severity,
        systems=wanted.systems if wanted.systems is not None and has_other_systems else before.systems,
    )
    if wanted.status is None or wanted.status == before.status:
        return after
    resolved_at = now if wanted.status == Status.RESOLVED else None
    return replace(after, status=wanted.status, status_by=by, status_at=now, resolved_at=resolved_at)
