"""The bridge's own lines about a work item, in mrkdwn: where it stands, who has it until when, and what it waits for.

Words of people and agents are in quotation marks that they cannot close.
"""

from typing import Final, assert_never

from bridge.card import blocks
from bridge.things import frame
from bridge.things.work.row import Status, WorkItem
from storage.model import Json

SHOWN: Final = 5  # items that a line names
_MAX_NAME: Final = 80
_MAX_WORDS: Final = 400  # units, of which each may take five once it is escaped
_THEN: Final = "·"


def line(row: WorkItem) -> str:
    """What an item is now, who has it and until when, or who made it so."""
    status = Status(row.status)
    match status:
        case Status.READY if row.unmet:
            return f"⏳ *Waiting* for {others(row)}{_names(row)}."
        case Status.READY:
            return f"📋 *Ready*: no one works on it{_before(row)}."
        case Status.LEASED:
            until = f" {blocks.date(row.leased_until, 'until')}" if row.leased_until else ""
            return f"{'🙋' if row.holder_user else '🤖'} *Taken* by {holder(row)}{until}{_attempt(row)}."
        case Status.BLOCKED:
            why = f": {blocks.quoted(row.blocked_reason, _MAX_WORDS)}" if row.blocked_reason else "."
            return f"⛔ *Blocked*{why}"
        case Status.DONE:
            at = f" {blocks.date(row.done_at, _THEN)}" if row.done_at else ""
            result = f": {blocks.quoted(row.result, _MAX_WORDS)}" if row.result else "."
            return f"✅ *Done*{_by(row.done_by)}{at}{result}"
        case _:
            assert_never(status)


def holder(row: WorkItem) -> str:
    """Who has an item: a mention of a person, or an agent by the name that it gave."""
    if row.holder_user is not None:
        return blocks.mention(row.holder_user)
    return f"the agent {blocks.quoted(row.holder_agent or '?', _MAX_NAME)}"


def others(row: WorkItem) -> str:
    """How many items it waits for."""
    return f"{row.unmet:,} other work item{'' if row.unmet == 1 else 's'}"


def _names(row: WorkItem) -> str:
    """The first items that it waits for, and how many more there are."""
    waits = [each["id"] for each in row.dependencies if not each["is_met"]]
    if not waits:
        return ""
    named = ", ".join(blocks.quoted(id, _MAX_NAME) for id in waits[:SHOWN])
    rest = len(waits) - SHOWN
    return f": {named} and {rest:,} more" if rest > 0 else f": {named}"


def _before(row: WorkItem) -> str:
    """How often it was taken before."""
    times = {1: "once", 2: "twice"}.get(row.attempts, f"{row.attempts:,} times")
    return f" now. It was taken {times} before" if row.attempts else ""


def _attempt(row: WorkItem) -> str:
    return f" (attempt {row.attempts:,})" if row.attempts > 1 else ""


def _by(by: Json | None) -> str:
    """Who made it done: an agent that held it by its name, any other by a mention or the name of the key."""
    if by and by.get("agent"):
        return f" by the agent {blocks.quoted(by['agent'], _MAX_NAME)}"
    return frame.by(by)
