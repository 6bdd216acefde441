"""The bridge's own lines about a fix, in mrkdwn: what was decided, what became of it, and what an agent says of that.

Words of people and agents are in quotation marks that they cannot close.
"""

from types import MappingProxyType
from typing import Final, assert_never

from bridge.card import blocks
from bridge.things import frame
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.model import Thing

_MAX_WORDS: Final = 400  # units, of which each may take five once it is escaped
_THEN: Final = "·"
_DECIDED: Final = MappingProxyType(
    {
        Decided.ONE_OFF: "▶️ *Apply it*",
        Decided.DRAFT_TEMPLATE: "📝 *Draft a template*",
        Decided.BUILD_TEMPLATE: "🧱 *Build a template*",
        Decided.DISMISSED: "⚪ *Dismiss it*",
    }
)
_OUTCOMES: Final = MappingProxyType(
    {
        Outcome.SUCCESS: "✅ *Worked*",
        Outcome.FAILED: "❌ *Didn't work*",
        Outcome.PARTIAL: "🟡 *Works partly*",
        Outcome.PENDING: "⏳ *Applied, waiting to verify*",
    }
)


def line(thing: Thing, row: Fix) -> str:
    """What a fix is now, since when, and who made it so; of one that was superseded, that."""
    return outcome(thing, row) if row.is_active else superseded(row, None)


def superseded(row: Fix, newer: str | None) -> str:
    """That there is a newer fix; `newer` is the permalink of its card."""
    at = f" {blocks.date(row.superseded_at, _THEN)}" if row.superseded_at else ""
    by = blocks.link(newer, "a newer fix") if newer else "a newer fix"
    return f"🔁 *Superseded* by {by}{at}. Please look at the newer one."


def outcome(thing: Thing, row: Fix) -> str:
    """What was decided of a fix, or what became of it."""
    result = Outcome(row.outcome)
    by, at = frame.by(row.outcome_by), f" {blocks.date(row.outcome_at, _THEN)}" if row.outcome_at else ""
    match result:
        case Outcome.PROPOSED:
            if row.decision is None:
                return f"💡 *Proposed* {blocks.date(thing.created_at, 'since')}, not decided yet."
            return f"{decision(row)} No outcome is recorded yet."
        case Outcome.DISMISSED:
            return f"⚪ *Dismissed*{by}{at}."
        case Outcome.PENDING:
            since = f" {blocks.date(row.waiting_since, 'since')}" if row.waiting_since else ""
            return f"{_OUTCOMES[result]}{since}, recorded{by}: {_quoted(row.waiting_on)}"
        case Outcome.SUCCESS:
            return f"{_OUTCOMES[result]}, recorded{by}{at}."
        case Outcome.FAILED:
            return f"{_OUTCOMES[result]}, recorded{by}{at}: {_quoted(row.failure_reason)}"
        case Outcome.PARTIAL:
            return f"{_OUTCOMES[result]}, recorded{by}{at}: {_quoted(row.partial_notes)}"
        case _:
            assert_never(result)


def decision(row: Fix) -> str:
    """What a person decided, and when; empty if no person did."""
    if row.decision is None:
        return ""
    at = f" {blocks.date(row.decided_at, _THEN)}" if row.decided_at else ""
    return f"{_DECIDED[Decided(row.decision)]}, decided{frame.by(row.decided_by)}{at}."


def proposal(row: Fix, *, where: str = "") -> str:
    """What an agent proposes as the outcome, which a person may confirm there; empty if none does."""
    if not row.outcome_proposal:
        return ""
    said = row.outcome_proposal
    what = _OUTCOMES[Outcome(said["outcome"])]
    why = f" {_quoted(said['reason'])}" if said.get("reason") else ""
    return f"🤖 {frame.named(said['by'])} reports: {what}.{why} It counts once a person confirms it{where}."


def reminder(row: Fix) -> str:
    """The question in the thread of the card when no verdict has come for a while.

    It names who had the fix applied or, if no person decided so, who recorded that it was.
    """
    if row.outcome == Outcome.PENDING:
        since = f" {blocks.date(row.waiting_since, 'since')}" if row.waiting_since else ""
        waits = f"waits{since} for {_quoted(row.waiting_on)}. Did it work?"
        if row.decision == Decided.ONE_OFF:
            return f"🔔 {_named(row.decided_by)} applied this fix, which {waits}"
        return f"🔔 {_named(row.outcome_by)} recorded that this fix was applied. It {waits}"
    at = f" {blocks.date(row.decided_at, _THEN)}" if row.decided_at else ""
    return f"🔔 {_named(row.decided_by)} decided to apply this fix{at}. Did it work?"


def _named(person: dict[str, str] | None) -> str:
    return frame.named(person) if person else "An agent"


def _quoted(words: str | None) -> str:
    return blocks.quoted(words or "", _MAX_WORDS)
