"""The end of a recovery: what may end it how, and the row from then on."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from bridge import ids
from bridge.things.contract import Decision, Locked, Refusal
from bridge.things.recovery import entries
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json

BLOCKER: Final = "blocker"  # the field of the form

_ENDED: Final = {
    Outcome.RESTORED: "The recovery ended: what was stuck works again.",
    Outcome.BLOCKED: "The recovery ended as blocked by something else.",
    Outcome.FALSE_POSITIVE: "The recovery ended: nothing was stuck.",
    Outcome.CANCELLED: "The recovery was cancelled.",
}


def blocker_id(blocker: Json | None) -> UUID | None:
    """The thing that a blocker names; None if it names none, or in no way that an id is written."""
    written = (blocker or {}).get("id")
    return ids.decode_thing(written) if isinstance(written, str) else None


def refusal(locked: Locked[Recovery], outcome: Outcome, blocker: Json | None) -> Refusal | None:
    """Why an open recovery cannot end like this; None if it can."""
    if outcome is not Outcome.BLOCKED:
        return None
    if not blocker:
        return _refused("blocker_missing", "Please say what blocks this: an open item, or a link.")
    if "external" in blocker:
        return None
    id = blocker_id(blocker)
    if id == locked.thing.id:
        return _refused("blocked_by_itself", "This cannot be blocked by itself. Please choose another item, or a link.")
    if id is None or locked.other_open_id != blocker["id"]:
        return _refused(
            "blocker_not_open",
            "This item is not open, so it does not block anything. Please choose another one, or a link.",
        )
    return None


def resolved(
    locked: Locked[Recovery], outcome: Outcome, *, note: str | None, blocker: Json | None, by: Json
) -> Decision[Recovery]:
    """The end of an open recovery for which there is no `refusal`.

    The end that the recovery already has changes nothing. Raises ValueError if it ended in another way.
    """
    row = locked.row
    if row.outcome is not None:
        if row.outcome != outcome:
            raise ValueError(f"ended as {row.outcome}, not as {outcome}")
        return Decision(row=row, happened=[])
    is_blocked = outcome is Outcome.BLOCKED
    after = replace(
        row,
        status=(Status.CANCELLED if outcome is Outcome.CANCELLED else Status.RESOLVED).value,
        outcome=outcome.value,
        note=note,
        blocker=_shown(locked, blocker) if is_blocked else None,
        blocker_id=blocker_id(blocker) if is_blocked else None,
        due_at=None,
        resolved_by=by,
        resolved_at=locked.now,
    )
    return Decision(row=after, happened=[entries.ended(row, after, by)], end_reason=_ENDED[outcome])


def _shown(locked: Locked[Recovery], blocker: Json | None) -> Json | None:
    """The blocker with the id by which agents and people know it."""
    return {"id": locked.other_open_name or blocker["id"]} if blocker and "id" in blocker else blocker


def _refused(code: str, detail: str) -> Refusal:
    return Refusal(code=code, detail=detail, field=BLOCKER)
