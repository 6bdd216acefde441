"""The noun `fix`: a suggested fix, which an agent proposes and people decide on and judge."""

from datetime import datetime
from typing import Final
from uuid import UUID

from bridge.things.contract import Noun
from bridge.things.fix import form, people, reminding
from bridge.things.fix.card import card
from bridge.things.fix.resource import PREFIX, resource
from bridge.things.fix.row import DECIDED, SUPERSEDED, Fix, Outcome, holds
from bridge.things.fix.sentences import sentence, standing
from bridge.things.fix.timeline_text import happened
from storage.things import NounTable

_VERDICTS: Final = frozenset({Outcome.SUCCESS.value, Outcome.FAILED.value})


def _status(row: Fix) -> str:
    return row.status


def _due_at(row: Fix) -> datetime | None:
    return row.due_at


def _superseded_by(row: Fix) -> UUID | None:
    return row.superseded_by


NOUN: Final = Noun(
    name="fix",
    plural="fixes",
    prefix=PREFIX,
    table=NounTable("fixes", Fix),
    statuses=(Outcome.PROPOSED.value, DECIDED, *(each.value for each in Outcome if each is not Outcome.PROPOSED)),
    states=(SUPERSEDED,),
    holds=holds,
    final=_VERDICTS | {Outcome.DISMISSED.value, SUPERSEDED},
    correctable=_VERDICTS,
    moves=("proposed", "superseded", "decided", "outcome", "unreachable"),
    status=_status,
    superseded_by=_superseded_by,
    offer=people.offer,
    guard=people.guard,
    move=people.move,
    form=form.form,
    accept=form.accept,
    card=card,
    resource=resource,
    sentence=sentence,
    standing=standing,
    happened=happened,
    tick=reminding.tick,
    due_at=_due_at,
)
