"""Recoveries for tests: reports, rows, decisions and cards, with what a test changes."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bridge.things.contract import Decision, Locked, ThingView
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json, Thing
from tests.bridge.things import samples
from tests.bridge.things.samples import ANA, KEY, NOW, later

OTHER = UUID("0193a2b4-0000-7000-8000-000000000012")
BODY: Json = {
    "source": {"type": "build", "id": "4711"},
    "kind": "timeout",
    "cause": "The runner did not answer.",
    "fingerprint": "runner-timeout",
    "next_action": "Restart the runner.",
}


def report(**changes: Any) -> Report:
    return Report.model_validate(BODY | changes)


def row(**changes: Any) -> Recovery:
    """An active row after its first report; `changes` are columns."""
    return replace(life.opened(report(), NOW, KEY).row, **changes)


def escalated(**changes: Any) -> Recovery:
    return row(**({"status": "escalated", "escalated_at": NOW} | changes))


def ended(outcome: Outcome = Outcome.RESTORED, **changes: Any) -> Recovery:
    status = Status.CANCELLED if outcome is Outcome.CANCELLED else Status.RESOLVED
    blocker = {"external": {"type": "link", "id": "x"}} if outcome is Outcome.BLOCKED else None
    how = {"status": status.value, "outcome": outcome.value, "resolved_by": ANA, "resolved_at": later()}
    return row(**(how | {"blocker": blocker} | changes))


def thing(**changes: Any) -> Thing:
    return samples.thing("recovery", **changes)


def locked(found: Recovery, *, at: datetime | None = None, other_is_open: bool = False) -> Locked[Recovery]:
    return Locked(
        thing=thing(), row=found, now=at or later(), other_open_id=NOUN.public_id(OTHER) if other_is_open else None
    )


def reported(found: Recovery, *, at: datetime | None = None, **changes: Any) -> Decision[Recovery]:
    """The decision on a report of this row; `changes` are fields of the report."""
    return life.reported(locked(found, at=at), report(**changes), KEY)


def view(found: Recovery, **changes: Any) -> ThingView[Recovery]:
    """What a card of this row shows; with buttons if the row is open."""
    return samples.view(thing(), found, is_open=Status(found.status).is_open, **changes)
