"""The noun `work`: a work item, which agents and people hold by a lease."""

from typing import Final

from bridge.things.contract import Noun
from bridge.things.work import form, people, refreshing
from bridge.things.work.card import card
from bridge.things.work.names import STATUSES, WORK_LOCK, Choice, told
from bridge.things.work.resource import PREFIX, resource
from bridge.things.work.row import Status, WorkItem
from bridge.things.work.sentences import sentence, standing
from bridge.things.work.timeline_text import happened
from storage.model import Json, Thing
from storage.work_items import WorkItemTable


def _status(row: WorkItem) -> str:
    return told(row.status)


def _named(row: WorkItem) -> str | None:
    return row.name


def _places(thing: Thing, _: WorkItem, __: str | None) -> list[Json]:
    """Where its agent wants the cards; an item of which no place was named has none."""
    return thing.asked_addresses or []


def _locks_name(move: str) -> str | None:
    """Who makes an item done changes how many others wait."""
    return WORK_LOCK if move == Choice.DONE else None


NOUN: Final = Noun(
    name="work",
    plural="work",
    prefix=PREFIX,
    table=WorkItemTable("work_items", WorkItem),
    statuses=STATUSES,
    final=frozenset({Status.DONE.value}),
    moves=("created", "leased", "released", "expired", "blocked", "unblocked", "done", "unreachable"),
    status=_status,
    named=_named,
    places=_places,
    locks_name=_locks_name,
    stirring=frozenset({"done"}),  # the cards of those that depend on it
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
    tick=refreshing.tick,
    due_at=refreshing.due_at,
)
