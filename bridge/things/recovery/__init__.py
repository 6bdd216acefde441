"""The noun `recovery`: something is stuck, and one open row on its source says who gets it going again."""

from datetime import datetime
from typing import Final

from bridge.ids import ThingPrefix
from bridge.things.contract import Noun
from bridge.things.recovery import escalation, form, people
from bridge.things.recovery.card import card
from bridge.things.recovery.resource import resource
from bridge.things.recovery.row import Recovery, Status
from bridge.things.recovery.sentences import sentence, standing
from bridge.things.recovery.timeline_text import happened
from storage.things import NounTable


def _status(row: Recovery) -> str:
    return row.status


def _due_at(row: Recovery) -> datetime | None:
    return row.due_at


NOUN: Final = Noun(
    name="recovery",
    plural="recoveries",
    prefix=ThingPrefix("rec"),
    table=NounTable("recoveries", Recovery),
    statuses=tuple(status.value for status in Status),
    final=frozenset(status.value for status in Status if not status.is_open),
    moves=("opened", "refreshed", "escalated", "resolved", "cancelled", "unblocked", "unreachable"),
    status=_status,
    places=people.places,
    offer=people.offer,
    guard=people.guard,
    move=people.move,
    card=card,
    resource=resource,
    sentence=sentence,
    standing=standing,
    happened=happened,
    needs=people.needs,
    form=form.form,
    accept=form.accept,
    offers_things=form.offers_things,
    tick=escalation.tick,
    due_at=_due_at,
)
