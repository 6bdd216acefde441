"""The state of a work item in a sentence: for an agent, and for a person whose click came too late."""

from typing import Final, assert_never

from bridge.representation import status_text
from bridge.things import actors
from bridge.things.work import leases, state
from bridge.things.work.row import Status, WorkItem
from storage.things import ThingRow

_MAX_NAMED: Final = 10  # items that a sentence names


def sentence(found: ThingRow[WorkItem]) -> str:
    """The state of an item, and what an agent may do now."""
    row = found.row
    status = Status(row.status)
    match status:
        case Status.READY if row.unmet:
            return f"Ready, but it waits for {waits(row)}: it can be leased once they are done."
        case Status.READY:
            return "Ready: no one holds it. Lease it before you work on it."
        case Status.LEASED:
            return _claimed(found)
        case Status.BLOCKED:
            reason = status_text.person_wrote(row.blocked_reason or "?", where=" in blocked_reason")
            return f"Blocked, for the reason {reason}: do not work on it until it is unblocked."
        case Status.DONE:
            at = f" at {status_text.moment(row.done_at)}" if row.done_at else ""
            result = f" Its result: {status_text.person_wrote(row.result, where=' in result')}." if row.result else ""
            return f"Done{_by(row)}{at}: nothing is left to do.{result}"
        case _:
            assert_never(status)


def standing(found: ThingRow[WorkItem]) -> str:
    """What an item is now, and who has it or made it so, in mrkdwn for a person."""
    return state.line(found.row)


def waits(row: WorkItem) -> str:
    """What an item waits for, with the ids of the first items."""
    missing = [each["id"] for each in row.dependencies if not each["is_met"]]
    named = ", ".join(map(status_text.one_line, missing[:_MAX_NAMED]))
    rest = len(missing) - _MAX_NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"{state.others(row)} ({named}{more})" if named else state.others(row)


def _claimed(found: ThingRow[WorkItem]) -> str:
    row, now = found.row, found.thing.read_at
    until = f" {status_text.moment(row.leased_until)}" if row.leased_until else ""
    attempt = f" It is attempt {row.attempts:,}."
    if row.is_overdue(now):
        return f"Claimed by {leases.named(row)}, whose lease ran out at{until}: it can be leased again.{attempt}"
    return f"Claimed by {leases.named(row)} until{until}: only its holder works on it.{attempt}"


def _by(row: WorkItem) -> str:
    if not row.done_by:
        return ""
    agent = row.done_by.get("agent")
    key = actors.named(row.done_by)
    return f" by the agent {status_text.quoted(agent)} with the key {key}" if agent else f" by {key}"
