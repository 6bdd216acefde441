"""The noun `incident`: something is wrong with systems, and one card says how it stands."""

from typing import Final

from bridge.ids import ThingPrefix
from bridge.things.contract import Noun
from bridge.things.incident import form, people
from bridge.things.incident.card import card
from bridge.things.incident.resource import resource
from bridge.things.incident.row import Incident, Status
from bridge.things.incident.sentences import sentence, standing
from storage.things import NounTable


def _status(row: Incident) -> str:
    return row.status


NOUN: Final = Noun(
    name="incident",
    plural="incidents",
    prefix=ThingPrefix("inc"),
    table=NounTable("incidents", Incident),
    statuses=tuple(status.value for status in Status),
    final=frozenset({Status.RESOLVED.value}),
    moves=("created", "updated", "resolved", "unreachable"),
    status=_status,
    offer=people.offer,
    move=people.move,
    form=form.form,
    accept=form.accept,
    card=card,
    resource=resource,
    sentence=sentence,
    standing=standing,
)
