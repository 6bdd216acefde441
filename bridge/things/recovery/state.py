"""The bridge's own lines about a recovery, in mrkdwn: its state, and what was said of its end.

Words of people and agents are in quotation marks that they cannot close.
"""

from typing import Final, assert_never

from bridge import ids
from bridge.card import blocks, links, texts
from bridge.things import frame
from bridge.things.recovery import entries, owner
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json, Thing

_MAX_NAME = 80
_MAX_NOTE = 600  # units
_MAX_LINK = 500  # a longer address would take too much of the card
_THEN = "·"
_ENDED: Final = {
    Outcome.RESTORED: "✅ *Restored*",
    Outcome.BLOCKED: "⛔ *Blocked*",
    Outcome.FALSE_POSITIVE: "⚪ *False positive*",
    Outcome.CANCELLED: "⚪ *Cancelled*",
}


def line(thing: Thing, row: Recovery) -> str:
    """What a recovery is now, since when, and who made it so or owns it."""
    status = Status(row.status)
    match status:
        case Status.ACTIVE:
            since = blocks.date(thing.created_at, "since")
            return f"🔧 *Active* {since}: {entries.attempts(row)}, owned by {named(owner.of(row))}."
        case Status.ESCALATED:
            since = f" {blocks.date(row.escalated_at, 'since')}" if row.escalated_at else ""
            return f"🚨 *Escalated* to {named(owner.of(row))}{_before(row)}{since}{_why(row)}: {entries.attempts(row)}."
        case Status.RESOLVED | Status.CANCELLED:
            at = f" {blocks.date(row.resolved_at, _THEN)}" if row.resolved_at else ""
            what = _ENDED[Outcome(row.outcome)] if row.outcome else "⚪ *Ended*"
            if row.outcome == Outcome.BLOCKED and row.resolved_by:
                return f"{what}, according to {frame.named(row.resolved_by)}{at}."
            return f"{what}{frame.by(row.resolved_by)}{at}."
        case _:
            assert_never(status)


def last_attempt(row: Recovery) -> str:
    """When the latest attempt was, with a blank before; empty for the first one, which the card's own time says."""
    return f" {blocks.date(row.last_attempt_at, 'Last attempt ·')}." if row.attempt_count > 1 else ""


def named(by: Json) -> str:
    """An owner for a sentence."""
    if by.get("user"):
        return blocks.mention(by["user"])
    return f"the agent {blocks.quoted(by['agent'], _MAX_NAME)}" if by.get("agent") else "the board"


def blocker(row: Recovery) -> str | None:
    """What blocks a recovery; None if nothing does."""
    if not row.blocker:
        return None
    external = row.blocker.get("external")
    if not external:
        written = str(row.blocker.get("id"))
        id = ids.short(row.blocker_id) if row.blocker_id and ids.decode_thing(written) else blocks.inert(written)
        return f"It is blocked by the item with the ID {id}."
    url = external.get("url")
    if isinstance(url, str) and external.get("id") == url:
        return f"It is blocked by {_link(url)}."
    what = f"{blocks.quoted(str(external['type']), _MAX_NAME)} {blocks.quoted(str(external['id']), 200)}"
    return f"It is blocked by {what} · {_link(url)}." if isinstance(url, str) else f"It is blocked by {what}."


def note(row: Recovery) -> str | None:
    """The words of the person or agent who ended a recovery; None without any."""
    if not row.note:
        return None
    user = (row.resolved_by or {}).get("user")
    return f"💬 {blocks.mention(user) if user else 'Note'}: {blocks.quoted(row.note, _MAX_NOTE)}"


def _before(row: Recovery) -> str:
    """The owner before, if another one is known."""
    before = row.previous_owner
    return f" (before: {named(before)})" if before and before != owner.of(row) else ""


def _why(row: Recovery) -> str:
    """Why it is escalated, if the row leaves no doubt: later reports and steps change what it was."""
    is_exceeded = row.max_attempts is not None and row.attempt_count > row.max_attempts
    is_timed_out = row.timeout_at is not None and row.escalated_at is not None and row.timeout_at <= row.escalated_at
    if is_exceeded == is_timed_out:
        return ""
    return ", because of its attempts" if is_exceeded else ", because its time had passed"


def _link(url: str) -> str:
    host = links.host(url)
    return blocks.link(url, host) if texts.units(blocks.escape(url)) <= _MAX_LINK else blocks.inert(host)
