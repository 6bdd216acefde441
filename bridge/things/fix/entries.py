"""The entries of a fix's history, which are its events."""

from bridge.things.contract import Happened
from bridge.things.fix.row import Fix
from storage.model import Json


def proposed(after: Fix, by: Json, supersedes: str | None) -> Happened:
    """A fix was proposed; `supersedes` is the id of the one that was active before."""
    detail = _detail(after) | {"supersedes": supersedes}
    return Happened(move="proposed", from_status=None, to_status=after.status, by=by, detail=detail)


def superseded(after: Fix, newer: str, by: Json) -> Happened:
    """A newer fix was proposed for the session, which changes no status."""
    detail = _detail(after) | {"superseded_by": newer}
    return Happened(move="superseded", from_status=after.status, to_status=after.status, by=by, detail=detail)


def decided(before: Fix, after: Fix, by: Json) -> Happened:
    """A person decided."""
    return Happened(move="decided", from_status=before.status, to_status=after.status, by=by, detail=_detail(after))


def outcome(before: Fix, after: Fix, words: str | None, by: Json, *, confirmed: Json | None) -> Happened:
    """Something became of the fix, or there is a new reason for what it is; `confirmed`: an agent had proposed it."""
    proposed = {"confirmed": {name: confirmed[name] for name in ("by", "at", "evidence")}} if confirmed else {}
    return Happened(
        move="outcome",
        from_status=before.status,
        to_status=after.status,
        by=by,
        reason=words,
        detail=_detail(after) | {"outcome_change": {"from": before.outcome, "to": after.outcome}} | proposed,
    )


def _detail(after: Fix) -> Json:
    """The fix as of this entry, which `data` of the event may be newer than."""
    return {"session": after.session, "key": after.key, "decision": after.decision, "outcome": after.outcome}
