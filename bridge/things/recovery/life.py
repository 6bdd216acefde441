"""The life of a recovery as far as reports move it; pure.

    report ──> active ──────────> resolved | cancelled
                │  ▲                  ▲
       attempts │  │ a report         │ a person or an agent
        or time ▼  │                  │
             escalated ───────────────┘

A report counts an attempt and replaces what it says. Beyond the last attempt it escalates, see `escalation`.
"""

from dataclasses import replace
from datetime import datetime

from bridge.things.contract import Decision, Happened, Locked
from bridge.things.recovery import entries, escalation, owner
from bridge.things.recovery.owner import Owner
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Recovery, Status
from storage.model import Json

_BOARD: Json = {"board": True}


def opened(report: Report, now: datetime, by: Json) -> Decision[Recovery]:
    """The first row of a source, by its first report."""
    row = Recovery(
        status=Status.ACTIVE.value,
        outcome=None,
        source_type=report.source.type,
        source_id=report.source.id,
        source_url=_url(report),
        kind=report.kind,
        cause=report.cause,
        fingerprint=report.fingerprint,
        next_action=report.next_action,
        owner_agent=report.owner.agent if report.owner else None,
        owner_user=report.owner.user if report.owner else None,
        previous_owner=_stored(report.previous_owner),
        return_owner=_stored(report.return_owner),
        recovery_ref=report.recovery_ref,
        wake_policy=report.wake_policy,
        monitor_policy=report.monitor_policy,
        evidence=report.evidence,
        max_attempts=report.max_attempts,
        timeout_at=report.timeout_at,
        attempt_count=1,
        last_attempt_at=report.last_attempt_at or now,
        escalated_at=None,
        escalation_step=0,
        due_at=report.timeout_at,
        note=None,
        blocker=None,
        blocker_id=None,
        resolved_by=None,
        resolved_at=None,
    )
    return Decision(row=row, happened=[entries.opened(row, by)])


def reported(locked: Locked[Recovery], report: Report, by: Json) -> Decision[Recovery]:
    """The open row of a source after another report of it."""
    row, now = locked.row, locked.now
    written = _replaced(row, report, now)
    if escalation.stands(row, report, now):
        after = replace(written, due_at=escalation.due_at(written))
    else:
        after = _active(written, report)
        after = escalation.stepped(after, now) if escalation.is_exceeded(row, report) else after
    after = escalation.remembering(row, after, _stored(report.previous_owner))
    return Decision(row=after, happened=[_entry(row, after, by)], is_quiet=identity(after) == identity(row))


def identity(row: Recovery) -> Json:
    """What a person judges with a click on the card of a recovery."""
    return {
        "status": row.status,
        "kind": row.kind,
        "cause": row.cause,
        "fingerprint": row.fingerprint,
        "owner": owner.of(row),
    }


def _replaced(row: Recovery, report: Report, now: datetime) -> Recovery:
    """The row with all that a report replaces in any case, and one more attempt."""
    return replace(
        row,
        source_url=_url(report) or row.source_url,
        kind=report.kind,
        cause=report.cause,
        fingerprint=report.fingerprint,
        next_action=report.next_action,
        return_owner=_stored(report.return_owner) or row.return_owner,
        recovery_ref=report.recovery_ref,
        wake_policy=report.wake_policy,
        monitor_policy=report.monitor_policy,
        evidence=row.evidence if report.evidence is None else report.evidence,
        max_attempts=report.max_attempts,
        timeout_at=report.timeout_at,
        attempt_count=row.attempt_count + 1,
        last_attempt_at=report.last_attempt_at or now,
        outcome=None,
        note=None,
        blocker=None,
        blocker_id=None,
        resolved_by=None,
        resolved_at=None,
    )


def _active(row: Recovery, report: Report) -> Recovery:
    """The row with the owner that the report names, and no escalation."""
    after = escalation.owned(row, _stored(report.owner) or _BOARD)
    after = replace(after, status=Status.ACTIVE.value, escalated_at=None, escalation_step=0)
    return replace(after, due_at=escalation.due_at(after))


def _entry(before: Recovery, after: Recovery, by: Json) -> Happened:
    if after.status == Status.ESCALATED and before.status != Status.ESCALATED:
        return entries.escalated(before, after, by=by, reason=entries.attempts(after))
    return entries.refreshed(before, after, by)


def _url(report: Report) -> str | None:
    return str(report.source.url) if report.source.url else None


def _stored(given: Owner | None) -> Json | None:
    return given.stored() if given else None
