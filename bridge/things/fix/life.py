"""The life of a suggested fix; pure. What a person decides and what became of the fix are two things.

    decision   (none) ──> one_off | draft_template | build_template | dismissed                a person, once

    outcome    proposed ──> applied_pending <──> applied_partial      other words: the same again
                  │                 ▲ │             ▲ │
                  │                 │ ▼             │ ▼
                  ├──────────> applied_success <──> applied_failed       other words: applied_failed again
                  └──────────> dismissed                                                       final

A newer fix of the session supersedes it, whatever its outcome: people cannot act on it any more, but agents can still
say what became of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from bridge.representation.interaction import moment
from bridge.things.contract import Decision, Locked
from bridge.things.fix import entries
from bridge.things.fix.request import Propose, ProposeOutcome
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.model import Json

REMIND_SECONDS: Final = 86_400  # until people are reminded, if no one says otherwise

_OPEN: Final = frozenset({Outcome.SUCCESS, Outcome.FAILED, Outcome.PARTIAL, Outcome.PENDING})
NEXT: Final = MappingProxyType(
    {
        Outcome.PROPOSED: _OPEN | {Outcome.DISMISSED},
        Outcome.PARTIAL: _OPEN,
        Outcome.PENDING: _OPEN,
        Outcome.SUCCESS: _OPEN - {Outcome.SUCCESS},
        Outcome.FAILED: _OPEN - {Outcome.FAILED},
        Outcome.DISMISSED: frozenset[Outcome](),
    }
)
"""Which outcomes can follow each. `changed` also takes another reason why a fix failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a fix, as a person or an agent says it. Without an outcome only `remind_in` changes."""

    outcome: Outcome | None = None
    words: str | None = None  # what went wrong, what is awaited, or what works and what does not
    remind_in: int | None = None  # seconds
    confirmed: Json | None = None  # the proposed outcome that a person confirms by it


def proposed(sent: Propose, by: Json, *, supersedes: str | None) -> Decision[Fix]:
    """A new fix, which is the active one of its session."""
    row = Fix(
        session=sent.session,
        title=sent.title,
        description=sent.description,
        confidence=sent.confidence,
        key=sent.key,
        template=sent.template.model_dump(mode="json", exclude_none=True) if sent.template else None,
        script=sent.script,
        parameters=sent.parameters,
        decision=None,
        decided_at=None,
        decided_by=None,
        outcome=Outcome.PROPOSED.value,
        outcome_at=None,
        outcome_by=None,
        partial_notes=None,
        failure_reason=None,
        waiting_on=None,
        waiting_since=None,
        applied_at=None,
        verified_at=None,
        outcome_proposal=None,
        due_at=None,
        superseded_at=None,
        superseded_by=None,
    )
    return Decision(row=row, happened=[entries.proposed(row, by, supersedes)])


def superseded(locked: Locked[Fix], newer: UUID, newer_id: str, by: Json) -> Decision[Fix]:
    """The fix once a newer one was proposed for its session; what an agent had proposed of it is dropped."""
    row = locked.row
    after = replace(row, superseded_at=locked.now, superseded_by=newer, outcome_proposal=None, due_at=None)
    return Decision(
        row=after,
        happened=[entries.superseded(after, newer_id, by)],
        end_reason="A newer fix was proposed for the same session.",
    )


def decided(locked: Locked[Fix], decision: Decided, by: Json) -> Decision[Fix]:
    """The fix as a person decided; to dismiss it is its outcome, too."""
    row, now = locked.row, locked.now
    after = replace(row, decision=decision.value, decided_at=now, decided_by=by)
    if decision is Decided.DISMISSED:
        after = _with_outcome(after, Change(outcome=Outcome.DISMISSED), by, now)
    elif decision is Decided.ONE_OFF:
        after = replace(after, due_at=now + timedelta(seconds=REMIND_SECONDS))
    return Decision(row=after, happened=[entries.decided(row, after, by)], end_reason="The fix was dismissed.")


def changed(locked: Locked[Fix], change: Change, by: Json) -> Decision[Fix] | None:
    """The fix with what became of it; what is so already changes nothing. None: it cannot become that."""
    row, now = locked.row, locked.now
    if change.outcome is None or _is_repeated(row, change):
        if change.remind_in is None:
            return Decision(row=row, happened=[])
        if not can_remind(row):
            return None
        return Decision(row=replace(row, due_at=_due(now, change)), happened=[], is_quiet=True)
    is_reason = change.outcome is Outcome.FAILED and row.outcome == Outcome.FAILED
    if change.outcome not in NEXT[Outcome(row.outcome)] and not is_reason:
        return None
    after = _with_outcome(row, change, by, now)
    if change.remind_in is not None and not can_remind(after):
        return None
    entry = entries.outcome(row, after, change.words, by, confirmed=change.confirmed)
    return Decision(row=after, happened=[entry], end_reason="The fix has ended.")


def with_proposal(locked: Locked[Fix], sent: ProposeOutcome, by: Json) -> Decision[Fix] | None:
    """The fix with what an agent proposes as its outcome, which decides nothing; None if that cannot follow.

    It ends the open round, and with it the buttons of a reminder: another reminder comes if none was due.
    """
    row = locked.row
    if not row.is_active or Outcome(sent.outcome) not in NEXT[Outcome(row.outcome)]:
        return None
    proposal: Json = {"outcome": sent.outcome, "reason": sent.reason, "evidence": sent.evidence, "by": by}
    before = row.outcome_proposal or {}
    if all(before.get(name) == value for name, value in proposal.items()):
        return Decision(row=row, happened=[])
    due_at = row.due_at or (locked.now + timedelta(seconds=REMIND_SECONDS) if can_remind(row) else None)
    after = replace(row, outcome_proposal={**proposal, "at": moment(locked.now)}, due_at=due_at)
    return Decision(row=after, happened=[])


def can_remind(row: Fix) -> bool:
    """Whether a verdict is missing of which people can be reminded."""
    is_decided = row.outcome == Outcome.PROPOSED and row.decision == Decided.ONE_OFF
    return row.is_active and (is_decided or row.outcome == Outcome.PENDING)


def identity(row: Fix) -> Json:
    """What a person judges with a click on the card of a fix.

    It has all of a proposed outcome: to confirm it records its words, which must be those that the person saw.
    """
    return {"decision": row.decision, "outcome": row.outcome, "proposal": row.outcome_proposal}


def _is_repeated(row: Fix, change: Change) -> bool:
    """Whether the fix has this outcome already, with these words where it needs some, and no one confirms it."""
    if change.outcome != row.outcome or change.confirmed is not None:
        return False
    latest = {
        Outcome.PARTIAL: row.partial_notes,
        Outcome.PENDING: row.waiting_on,
        Outcome.FAILED: row.failure_reason,
    }
    return latest.get(change.outcome, change.words) == change.words


def _with_outcome(row: Fix, change: Change, by: Json, now: datetime) -> Fix:
    """The row with another outcome, or with new words of the same. Words of other outcomes stay."""
    outcome, words = change.outcome, change.words
    is_pending = outcome is Outcome.PENDING
    after = replace(
        row,
        outcome=str(outcome),
        outcome_at=now,
        outcome_by=by,
        partial_notes=words if outcome is Outcome.PARTIAL else row.partial_notes,
        failure_reason=words if outcome is Outcome.FAILED else row.failure_reason,
        waiting_on=words if is_pending else row.waiting_on,
        waiting_since=now if is_pending and row.outcome != Outcome.PENDING else row.waiting_since,
        applied_at=None if outcome is Outcome.DISMISSED else row.applied_at or now,
        verified_at=_verified_at(row, outcome, now),
        outcome_proposal=None,
        due_at=None,
    )
    return replace(after, due_at=_due(now, change)) if is_pending and row.is_active else after


def _verified_at(row: Fix, outcome: Outcome | None, now: datetime) -> datetime | None:
    """When the verdict was given, if there is one: other words leave it as old as it is."""
    if outcome is None or not outcome.is_verdict:
        return None
    return row.verified_at if row.outcome == outcome else now


def _due(now: datetime, change: Change) -> datetime:
    return now + timedelta(seconds=change.remind_in or REMIND_SECONDS)
