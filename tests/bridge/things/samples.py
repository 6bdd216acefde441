"""Things of any noun for tests without a database, their cards and what a card shows, with what a test changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from bridge.things.contract import ThingView
from storage.model import Card, Json, Thing

R = TypeVar("R")

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ID = UUID("0193a2b4-0000-7000-8000-000000000011")
ROUND = UUID("0193a2b4-0000-7000-8000-000000000013")
KEY: Json = {"key": "watchdog"}
ANA: Json = {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"}


def later(seconds: float = 60) -> datetime:
    return NOW + timedelta(seconds=seconds)


def thing(noun: str, **changes: Any) -> Thing:
    made = Thing(
        organization_id=UUID(int=1),
        id=ID,
        noun=noun,
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


def view(of: Thing, row: R, *, is_open: bool, **changes: Any) -> ThingView[R]:
    """What a card of this row shows; with buttons if the row is open."""
    round_id = ROUND if is_open else None
    return replace(ThingView(thing=of, row=row, card=card(), round_id=round_id, version=1), **changes)
