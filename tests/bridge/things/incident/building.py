"""Incidents for tests: requests, rows, decisions and cards, with what a test changes."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.things.contract import Decision, Locked, ThingView
from bridge.things.incident import life, updates
from bridge.things.incident.life import Change
from bridge.things.incident.request import Create
from bridge.things.incident.row import Incident, Status
from storage.model import Json, Thing
from tests.bridge.things import samples
from tests.bridge.things.samples import ANA, KEY, NOW, later

UPDATE = UUID("0193a2b4-0000-7000-8000-000000000021")
BODY: Json = {"title": "Checkout is slow", "severity": "minor", "systems": ["checkout", "payments"]}


def create(**changes: Any) -> Create:
    return Create.model_validate(BODY | changes)


def row(**changes: Any) -> Incident:
    """An incident as it was opened; `changes` are columns."""
    return replace(life.opened(create(), NOW, KEY, update_id=UPDATE).row, **changes)


def resolved(**changes: Any) -> Incident:
    how = {"status": "resolved", "status_by": ANA, "status_at": later(), "resolved_at": later()}
    return row(**(how | changes))


def with_updates(found: Incident, *messages: str, by: Json = ANA) -> Incident:
    for message in messages:
        found = updates.appended(found, updates.update(ids.new(), message=message, changes={}, by=by, now=later()))
    return found


def locked(found: Incident, *, at: datetime | None = None) -> Locked[Incident]:
    return Locked(thing=thing(), row=found, now=at or later())


def changed(found: Incident, *, at: datetime | None = None, by: Json = KEY, **wanted: Any) -> Decision[Incident]:
    """The decision on a change of this row."""
    return life.changed(locked(found, at=at), Change(**wanted), by, update_id=ids.new())


def thing(**changes: Any) -> Thing:
    return samples.thing("incident", **changes)


def view(found: Incident, **changes: Any) -> ThingView[Incident]:
    """What a card of this row shows; with buttons if the row is open."""
    return samples.view(thing(), found, is_open=Status(found.status).is_open, **changes)
