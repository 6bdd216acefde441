"""Recoveries for tests: reports, rows, things and cards, with what a test changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bridge.things.contract import Decision, Locked, ThingView
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Card, Json, Thing

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ID = UUID("0193a2b4-0000-7000-8000-000000000011")
OTHER = UUID("0193a2b4-0000-7000-8000-000000000012")
ROUND = UUID("0193a2b4-0000-7000-8000-000000000013")
KEY: Json = {"key": "watchdog"}
ANA: Json = {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"}
BODY: Json = {
    "source": {"type": "build", "id": "4711"},
    "kind": "timeout",
    "cause": "The runner did not answer.",
    "fingerprint": "runner-timeout",
    "next_action": "Restart the runner.",
}


def later(seconds: float = 60) -> datetime:
    return NOW + timedelta(seconds=seconds)


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
    made = Thing(
        organization_id=UUID(int=1),
        id=ID,
        noun="recovery",
        connection_id=UUID(int=2),
        key_id=UUID(int=3),
        opened_by="watchdog",
        addresses=[{"channel": "C0OPS"}],
        asked_addresses=None,
        responders=None,
        anyone=False,
        home_teams=["T0SANDBOX"],
        agent=None,
        tags=[],
        metadata={},
        callback=None,
        anchor_id=ROUND,
        moves=1,
        created_at=NOW,
        updated_at=NOW,
        ended_at=None,
        read_at=NOW,
    )
    return replace(made, **changes)


def locked(found: Recovery, *, at: datetime | None = None, other_is_open: bool = False) -> Locked[Recovery]:
    return Locked(
        thing=thing(), row=found, now=at or later(), other_open_id=NOUN.public_id(OTHER) if other_is_open else None
    )


def reported(found: Recovery, *, at: datetime | None = None, **changes: Any) -> Decision[Recovery]:
    """The decision on a report of this row; `changes` are fields of the report."""
    return life.reported(locked(found, at=at), report(**changes), KEY)


def card(**changes: Any) -> Card:
    made = Card(
        organization_id=UUID(int=1),
        connection_id=UUID(int=2),
        interaction_id=ROUND,
        id=UUID(int=4),
        ordinal=1,
        address={"channel": "C0OPS"},
        channel="C0OPS",
        ts="1763719200.000100",
        permalink=None,
        wanted=1,
        shown=1,
        maybe_shown=False,
        attempt=1,
        failures=0,
        plain=False,
        settled=False,
        due_at=NOW,
        leased_until=None,
        given_up_at=None,
        reason=None,
    )
    return replace(made, **changes)


def view(found: Recovery, **changes: Any) -> ThingView[Recovery]:
    """What a card of this row shows; with buttons if the row is open."""
    round_id = ROUND if Status(found.status).is_open else None
    return replace(ThingView(thing=thing(), row=found, card=card(), round_id=round_id, version=1), **changes)
