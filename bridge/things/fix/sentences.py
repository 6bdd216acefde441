"""The state of a fix in a sentence: for an agent, and for a person whose click came too late."""

from types import MappingProxyType
from typing import Final, assert_never

from bridge.representation import status_text
from bridge.things import actors
from bridge.things.fix import state
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.things import ThingRow

_ADVICE: Final = MappingProxyType(
    {
        Decided.ONE_OFF: "apply it this once, then report its outcome",
        Decided.DRAFT_TEMPLATE: "do not apply it as it is; draft a template of it",
        Decided.BUILD_TEMPLATE: "do not apply it as it is; build a template of it",
        Decided.DISMISSED: "do not apply it",
    }
)


def sentence(found: ThingRow[Fix]) -> str:
    """The state of a fix, and what an agent may do now."""
    row = found.row
    if row.is_active:
        return f"{what(row)}{_reported(row)}{_unseen(found)}"
    at = f" at {status_text.moment(row.superseded_at)}" if row.superseded_at else ""
    if row.outcome == Outcome.PROPOSED:
        return f"Superseded by a newer fix of its session{at}: do not apply this one."
    return f"Superseded by a newer fix of its session{at}. {what(row)}"


def standing(found: ThingRow[Fix]) -> str:
    """What a fix is now, who made it so and when, and what an agent reports since then, in mrkdwn for a person."""
    reported = state.proposal(found.row, where=" on its card")
    return " ".join([state.line(found.thing, found.row), *([reported] if reported else [])])


def what(row: Fix, *, leads: bool = True) -> str:
    """The state alone. A partial or pending fix is provisional: no agent may take it for solved.

    `leads`: a pending one is what to assume. Of several of a session only one is.
    """
    outcome = Outcome(row.outcome)
    by = f" by {actors.named(row.outcome_by)}" if row.outcome_by else ""
    at = f" at {status_text.moment(row.outcome_at)}" if row.outcome_at else ""
    match outcome:
        case Outcome.PROPOSED:
            return _undecided(row)
        case Outcome.DISMISSED:
            return f"Dismissed{by}{at}: do not apply it."
        case Outcome.PENDING:
            since = f" since {status_text.moment(row.waiting_since)}" if row.waiting_since else ""
            awaited = status_text.person_wrote(row.waiting_on or "", where=" in waiting_on")
            return (
                f"Provisional: it was applied and is not verified{since}, recorded{by}. What is awaited: {awaited}. "
                f"{'Take it as the leading hypothesis, not as solved.' if leads else 'It is not solved.'}"
            )
        case Outcome.PARTIAL:
            notes = status_text.person_wrote(row.partial_notes or "", where=" in partial_notes")
            return f"Provisional: it works partly, recorded{by}{at}: {notes}. The problem is not solved yet."
        case Outcome.SUCCESS:
            return f"It worked, recorded{by}{at}: nothing is left to do."
        case Outcome.FAILED:
            reason = status_text.person_wrote(row.failure_reason or "", where=" in failure_reason")
            return f"It was applied and did not work, recorded{by}{at}: {reason}. Do not apply it again as it is."
        case _:
            assert_never(outcome)


def _undecided(row: Fix) -> str:
    if row.decision is None or row.decided_by is None:
        return "Proposed: no person has decided yet. Do not apply it."
    at = f" at {status_text.moment(row.decided_at)}" if row.decided_at else ""
    return f"Decided by {actors.named(row.decided_by)}{at}: {_ADVICE[Decided(row.decision)]}."


def _reported(row: Fix) -> str:
    """That a proposed outcome does not count yet."""
    if not row.outcome_proposal:
        return ""
    said = row.outcome_proposal
    return f" The outcome {said['outcome']}, proposed by {actors.named(said['by'])}, waits for a person to confirm it."


def _unseen(found: ThingRow[Fix]) -> str:
    """That no person sees a fix that is to be decided."""
    if found.thing.addresses or found.row.outcome != Outcome.PROPOSED:
        return ""
    return " No card is shown: give `to`, or set a default channel."
