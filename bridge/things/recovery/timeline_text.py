"""What happened to a recovery, for its timeline: the words for moves whose names do not say it all."""

from bridge.representation import status_text
from bridge.things.recovery import owner
from storage.model import Json


def happened(move: str, detail: Json) -> str | None:
    """What a move did, without a full stop; None: what its name says."""
    blocker = _blocker(detail.get("blocker") or {})
    if move == "unblocked":
        return f"Unblocked: {blocker or 'what blocked it'} has ended"
    if outcome := detail.get("outcome"):
        words = f"Ended as {str(outcome).replace('_', ' ')}"
        return f"{words} by {blocker}," if blocker else words
    if move == "escalated" and (escalated_to := (detail.get("wakes") or {}).get("owner")):
        return f"Escalated to {owner.named(escalated_to)}"
    return None


def _blocker(blocker: Json) -> str:
    """What blocks a recovery; empty if it names nothing."""
    if external := blocker.get("external"):
        return f"{status_text.quoted(external.get('type'))} {status_text.quoted(external.get('id'))}"
    return status_text.one_line(blocker.get("id") or "")
