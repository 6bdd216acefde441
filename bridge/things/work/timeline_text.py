"""What happened to a work item, for its timeline: the words for moves whose names do not say it all."""

from bridge.representation import status_text
from storage.model import Json


def happened(move: str, detail: Json) -> str | None:
    """What a move did, without a full stop; None: what its name says."""
    holder = _holder(detail.get("holder") or {})
    match move:
        case "leased":
            return f"Leased to {holder} as attempt {detail.get('attempts')}," if holder else None
        case "expired":
            return (
                f"The lease of {holder} ran out" + (", reclaimed" if detail.get("reason") else "") if holder else None
            )
        case "released" if detail.get("reclaimed"):
            return f"Reclaimed from {holder}"
        case "done" if detail.get("result"):
            return f"Done, with the result {status_text.person_wrote(str(detail['result']))},"
        case _:
            return None


def _holder(holder: Json) -> str:
    """A holder in a sentence; empty if there is none."""
    if holder.get("user"):
        return status_text.person(holder["user"], holder.get("name"))
    return f"the agent {status_text.quoted(holder['agent'])}" if holder.get("agent") else ""
