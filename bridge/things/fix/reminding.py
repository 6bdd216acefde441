"""The reminder that a verdict is missing: once for each decision to apply a fix, and for each reason to wait."""

from dataclasses import replace

from bridge.things.contract import Asking, Decision, Locked, PersonMove
from bridge.things.fix import form, life, people, state
from bridge.things.fix.row import Fix, Outcome


def tick(locked: Locked[Fix]) -> Decision[Fix] | None:
    """Ask people for the verdict, if it is time; None if it is not, or there is nothing left to ask.

    While its connection is disabled it stays due, and `due` of sql/fixes.sql passes over it.
    """
    row = locked.row
    if not locked.is_connected or row.due_at is None or row.due_at > locked.now or not life.can_remind(row):
        return None
    asking = Asking(text=state.reminder(row), moves=_moves(row))
    return Decision(row=replace(row, due_at=None), happened=[], is_quiet=True, notes=[asking])


def _moves(row: Fix) -> dict[str, PersonMove]:
    """The moves of the open round that the note offers."""
    is_reported = (row.outcome_proposal or {}).get("outcome") == Outcome.SUCCESS  # then the round confirms that instead
    return {
        people.CONFIRM if is_reported else people.WORKED: PersonMove(label="Worked", is_primary=True),
        form.FAILED: PersonMove(label="Didn't", has_form=True),
        form.REASON if row.outcome == Outcome.PENDING else form.PENDING: PersonMove(
            label="Still waiting", has_form=True
        ),
    }
