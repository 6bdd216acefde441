"""What people can do to an open incident from its cards: set its status, change its severity, and add to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bridge import ids
from bridge.things.contract import Decision, Locked, Offer, PersonMove
from bridge.things.incident import life
from bridge.things.incident.form import MESSAGE, SEVERITY, UPDATE
from bridge.things.incident.life import Change
from bridge.things.incident.row import Incident, Status
from storage.model import Json, Thing

_STATUSES: Final = (Status.IDENTIFIED, Status.FIXING, Status.MONITORING)
_OTHERS: Final = {
    SEVERITY: PersonMove(label="Severity", has_form=True),
    UPDATE: PersonMove(label="Add update", has_form=True, adds=True),
}


def _of_status(status: Status) -> Mapping[str, PersonMove]:
    """The moves of a status: to every other one, the usual next one first in colour."""
    following = list(Status)[list(Status).index(status) + 1]
    to = {
        each.value: PersonMove(label=each.value.capitalize(), is_primary=each is following)
        for each in _STATUSES
        if each is not status
    }
    resolve = PersonMove(label="Resolve", has_form=True, is_primary=following is Status.RESOLVED)
    return MappingProxyType({**to, Status.RESOLVED.value: resolve, **_OTHERS})


MOVES: Final = MappingProxyType({status.value: _of_status(status) for status in Status if status.is_open})


def offer(thing: Thing, row: Incident) -> Offer:
    """What an open incident offers; to everyone who can see a card, unless the agent named people."""
    moves = MOVES[row.status]
    return Offer(title=row.title, moves=moves, identity=life.identity(row), responders=thing.responders)


def move(locked: Locked[Incident], choice: str, given: Json, by: Json) -> Decision[Incident]:
    """The incident as a person changed it, or with what a person added to it."""
    message = given.get(MESSAGE)
    if choice == UPDATE:
        wanted = Change(message=message)
    elif choice == SEVERITY:
        wanted = Change(severity=given[SEVERITY], message=message)
    else:
        wanted = Change(status=Status(choice).value, message=message)
    return life.changed(locked, wanted, by, update_id=ids.new())
