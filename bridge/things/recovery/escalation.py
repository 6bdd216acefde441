"""Escalation: the steps that give a recovery to the next owner of its wake policy. None is ever taken twice.

A recovery is escalated by a report beyond its last attempt, or by time: at `timeout_at` while it is active, and then
`step_seconds` after each step as long as its wake policy names another owner. After the last one it stays there.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.things.contract import Decision, Locked
from bridge.things.recovery import entries, owner, wake_policy
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Recovery, Status
from storage.model import Json


def tick(locked: Locked[Recovery]) -> Decision[Recovery] | None:
    """The next step, if it is due; None if nothing is."""
    row, now = locked.row, locked.now
    if row.due_at is None or row.due_at > now or not Status(row.status).is_open:
        return None
    after = remembering(row, stepped(row, now))
    return Decision(row=after, happened=[entries.escalated(row, after, by={}, reason=_why(row))])


def stepped(row: Recovery, now: datetime) -> Recovery:
    """The row one step further: escalated, with the next owner of its wake policy if that names another."""
    owners = wake_policy.read(row.wake_policy).owners
    following = owners[row.escalation_step : row.escalation_step + 1]
    after = replace(
        owned(row, following[0]) if following else row,
        status=Status.ESCALATED.value,
        escalated_at=now,
        escalation_step=row.escalation_step + len(following),
    )
    return replace(after, due_at=due_at(after))


def due_at(row: Recovery) -> datetime | None:
    """When an open recovery is escalated next; None: time alone does not."""
    if row.status == Status.ACTIVE or row.escalated_at is None:
        return row.timeout_at
    policy = wake_policy.read(row.wake_policy)
    has_next = row.escalation_step < len(policy.owners)
    return row.escalated_at + timedelta(seconds=policy.step_seconds) if has_next else None


def is_exceeded(row: Recovery, report: Report) -> bool:
    """Whether this report is an attempt beyond the last one, as the report itself gives their number."""
    return report.max_attempts is not None and row.attempt_count >= report.max_attempts


def stands(row: Recovery, report: Report, now: datetime) -> bool:
    """Whether the recovery stays as its escalation left it: status, owner and where its cards are.

    A report that gives a time which has passed sets no new one: it would be escalated again at once, for ever.
    """
    is_timed_out = report.timeout_at is not None and report.timeout_at <= now
    return row.status == Status.ESCALATED and (is_exceeded(row, report) or is_timed_out)


def owned(row: Recovery, by: Json) -> Recovery:
    """The row with this owner."""
    return replace(row, owner_agent=by.get("agent"), owner_user=by.get("user"))


def remembering(before: Recovery, after: Recovery, given: Json | None = None) -> Recovery:
    """The later row with its previous owner: the given one, else the owner before if it changed, else as it was."""
    was = owner.of(before)
    changed = was if was != owner.of(after) else before.previous_owner
    return replace(after, previous_owner=given or changed)


def _why(row: Recovery) -> str:
    if row.status == Status.ACTIVE:
        return "timeout_at has passed"
    return f"step {row.escalation_step + 1} of wake_policy.escalate_to"
