"""The state of a recovery in a sentence: for an agent, and for a person whose click came too late."""

from typing import Final, assert_never

from bridge.card import blocks, links
from bridge.representation import status_text
from bridge.things import actors
from bridge.things.recovery import entries, owner, state
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json
from storage.things import ThingRow

_WHAT: Final = {
    Outcome.RESTORED: "Restored",
    Outcome.BLOCKED: "Blocked",
    Outcome.FALSE_POSITIVE: "Called a false positive",
    Outcome.CANCELLED: "Cancelled",
}


def sentence(found: ThingRow[Recovery]) -> str:
    """The state of a recovery, and what an agent may do now."""
    row = found.row
    status = Status(row.status)
    match status:
        case Status.ACTIVE:
            return f"Active: {_open(row)}.{_unseen(found)}"
        case Status.ESCALATED:
            since = f" at {status_text.moment(row.escalated_at)}" if row.escalated_at else ""
            return f"Escalated{since}: {_open(row)}. Other agents: do not act on it.{_unseen(found)}"
        case Status.RESOLVED | Status.CANCELLED:
            outcome = Outcome(row.outcome or Outcome.CANCELLED)
            at = f" at {status_text.moment(row.resolved_at)}" if row.resolved_at else ""
            by = f" by {actors.named(row.resolved_by)}" if row.resolved_by else ""
            note = f" Their note: {status_text.person_wrote(row.note, where=' in note')}." if row.note else ""
            if row.blocker and row.resolved_by:
                by = f" {_blocker(row.blocker)}, according to {actors.named(row.resolved_by)}"
            return f"{_WHAT[outcome]}{by}{at}: {_advice(row, outcome)}.{note}"
        case _:
            assert_never(status)


def standing(found: ThingRow[Recovery]) -> str:
    """What a recovery is now, who made it so and when, in mrkdwn for a person."""
    line = state.line(found.thing, found.row)
    if not Status(found.row.status).is_open:
        return line
    opened = f"{blocks.quoted(found.thing.opened_by, 80)} {blocks.date(found.thing.created_at, '·')}"
    return f"{line} It was opened by {opened}.{state.last_attempt(found.row)}"


def _unseen(found: ThingRow[Recovery]) -> str:
    """That people do not see an open recovery, which its agent can change."""
    return "" if found.thing.addresses else " No card is shown: give `to`, or set a default channel."


def _advice(row: Recovery, outcome: Outcome) -> str:
    goes_on = f"{owner.named(row.return_owner)} goes on" if row.return_owner else "nothing is left to do"
    match outcome:
        case Outcome.RESTORED:
            return f"what was stuck works again, and {goes_on}"
        case Outcome.BLOCKED:
            told = ", which the event recovery.unblocked tells" if "id" in (row.blocker or {}) else ""
            return f"try again once that has ended{told}"
        case Outcome.FALSE_POSITIVE:
            return f"nothing was stuck, and {goes_on}"
        case Outcome.CANCELLED:
            return "nothing was restored: do not go on with it, and report it again if it is still stuck"
        case _:
            assert_never(outcome)


def _open(row: Recovery) -> str:
    by = owner.of(row)
    action = status_text.person_wrote(row.next_action, where=" in next_action")
    last = status_text.moment(row.last_attempt_at)
    return (
        f"{owner.named(by)} is to get it going again by the next action {action} "
        f"({entries.attempts(row)}, the last at {last})"
    )


def _blocker(blocker: Json) -> str:
    if external := blocker.get("external"):
        url = external.get("url")
        at = f" at {links.host(url)}" if url else ""
        return f"by {status_text.quoted(external['type'])} {status_text.quoted(external['id'])}{at}"
    return f"by {status_text.one_line(blocker.get('id'))}"
