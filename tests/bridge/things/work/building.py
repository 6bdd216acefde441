"""Work items for tests: requests, rows in every state, decisions and cards, with what a test changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from bridge.things.contract import Decision, Locked, ThingView
from bridge.things.work import NOUN, life
from bridge.things.work.request import CreateWork
from bridge.things.work.row import WorkItem
from storage.model import Json, Thing
from tests.bridge.things import samples
from tests.bridge.things.samples import ANA, KEY, NOW, later

BODY: Final[Json] = {"title": "Import the customers", "phase": "import", "priority": 10}
AGENT: Final[Json] = {"agent": "worker-1"}
PERSON: Final[Json] = {"user": "U0ANA", "name": "ana"}
TTL: Final = 900  # seconds of the leases here


def create(**changes: Any) -> CreateWork:
    return CreateWork.model_validate(BODY | changes)


def row(*waits: str, met: tuple[str, ...] = (), **changes: Any) -> WorkItem:
    """An item as it was added, which waits for these and for the `met` no more; `changes` are fields of the request."""
    ids = [(id, False) for id in waits] + [(id, True) for id in met]
    dependencies: list[Json] = [
        {"id": id, "is_met": is_met, "item": str(UUID(int=place))} for place, (id, is_met) in enumerate(ids, start=1)
    ]
    return life.created(create(**changes), KEY, dependencies=dependencies, now=NOW).row


def locked(found: WorkItem, *, at: datetime | None = None) -> Locked[WorkItem]:
    return Locked(thing=thing(), row=found, now=at or later())


def done_so(result: life.Result | None) -> Decision[WorkItem]:
    """The decision that a move is."""
    assert isinstance(result, Decision), result
    return result


def leased(found: WorkItem | None = None, *, to: Json = AGENT, at: datetime | None = None) -> WorkItem:
    """The item with a lease that was taken at `at`, a minute after it was added."""
    found = found or row()
    by, seconds = (ANA, found.take_seconds) if "user" in to else (KEY, TTL)
    return done_so(life.leased(locked(found, at=at), to, seconds, by)).row


def released(found: WorkItem) -> WorkItem:
    return done_so(life.released(locked(found), found.attempts, "Too big.", KEY)).row


def blocked(found: WorkItem | None = None, *, words: str = "No access.") -> WorkItem:
    found = found or row()
    return done_so(life.blocked(locked(found), _fence(found), words, KEY)).row


def unblocked(found: WorkItem) -> WorkItem:
    return done_so(life.unblocked(locked(found), KEY)).row


def done(found: WorkItem | None = None, *, words: str | None = "48,210 rows.", by: Json = KEY) -> WorkItem:
    found = found or row()
    return done_so(life.completed(locked(found), _fence(found), words, by)).row


def reclaimed(found: WorkItem) -> WorkItem:
    return done_so(life.reclaimed(locked(found), "It hangs.", KEY)).row


def expired(found: WorkItem) -> WorkItem:
    return life.expired(locked(found, at=later(10**7))).row


def states(first: WorkItem | None = None, *, words: str = "Words.", owner: str = "worker-1") -> Iterator[WorkItem]:
    """An item in every state: held by an agent and by a person, after each end of a lease, and waiting for others."""
    first = first or row()
    yield first
    yield replace(first, unmet=7, dependencies=[{"id": f"item-{n}", "is_met": n == 0} for n in range(8)])
    yield blocked(first, words=words)
    yield done(first, words=words)
    for holder in ({"agent": owner}, {"user": "U0ANA", "name": owner}):
        held = leased(first, to=holder)
        yield held
        yield leased(released(held), to=holder)
        yield released(held)
        yield blocked(held, words=words)
        yield unblocked(blocked(held, words=words))
        yield done(held, words=words, by=ANA if "user" in holder else KEY)
        yield reclaimed(held)
        yield expired(held)
        yield replace(held, unmet=1, dependencies=[{"id": "late", "is_met": False}])


def thing(**changes: Any) -> Thing:
    return samples.thing("work", **changes)


def view(found: WorkItem, **changes: Any) -> ThingView[WorkItem]:
    """What a card of this row shows; with buttons if it is open."""
    return samples.view(thing(), found, is_open=NOUN.offers(found), name=found.name, **changes)


def _fence(found: WorkItem) -> int | None:
    return found.attempts if found.leased_until else None
