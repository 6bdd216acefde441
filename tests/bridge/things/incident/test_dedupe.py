"""Deduped creates beside each other and beside what resolves and reopens, and the wrong ways that look right."""

import asyncio
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from bridge.things.contract import Decision
from bridge.things.incident import NOUN, entries, life
from storage import things
from storage.pool import Database
from tests.bridge.things.incident.agents import Opener
from tests.bridge.things.steps import Stepped, Stop, mutated
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.faults import until_waiting

LOOKS = "status <> 'resolved'\norder by id desc"  # of the statement that looks for an open incident

READS_AGAIN = "and id = $2 and $3 = any (systems)"  # of the one that reads again what was found


async def open_ones(db: Database, tenant: Tenant) -> list[UUID]:
    organization_id = tenant.scope.organization_id
    rows = await db.fetch(
        "select id from incidents where organization_id = $1 and status <> 'resolved' order by id", organization_id
    )
    return [row["id"] for row in rows]


async def two_at_once_open_one(db: Database, other: Database) -> None:
    """One create has looked and found none when another one comes."""
    tenant, stop = await build.tenant(db), Stop(words=LOOKS)
    first = asyncio.create_task(Opener(db=Stepped(other, stop=stop), tenant=tenant).create())
    await stop.reached.wait()
    second = asyncio.create_task(Opener(db=db, tenant=tenant).create())
    async with db.acquire() as watcher:
        waits = asyncio.create_task(until_waiting(watcher))
        await asyncio.wait([waits, second], return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
    stop.go.set()
    opened, reused = await asyncio.gather(first, second)

    assert await open_ones(db, tenant) == [opened.settled.after.thing.id]
    assert (opened.is_new, reused.is_new, reused.extra) == (True, False, {"reused": True})
    assert reused.settled.after.thing.id == opened.settled.after.thing.id


async def what_ended_is_not_reused(db: Database, other: Database, *, change: str = "resolved") -> None:
    """A create has found an open incident, which is resolved, or loses the system, before it is locked."""
    tenant, stop = await build.tenant(db), Stop(words=LOOKS)
    agent = Opener(db=db, tenant=tenant)
    older = (await agent.create(dedupe=False)).settled.after.thing.id
    newer = (await agent.create(dedupe=False)).settled.after.thing.id
    creating = asyncio.create_task(Opener(db=Stepped(other, stop=stop), tenant=tenant).create())
    await stop.reached.wait()
    if change == "resolved":
        await agent.set_status(newer, "resolved")
    else:
        await agent.patch(newer, systems=["elsewhere"])
    stop.go.set()

    assert (await creating).settled.after.thing.id == older
    assert set(await open_ones(db, tenant)) - {newer} == {older}


async def what_is_reused_stays_open_until_then(db: Database, other: Database) -> None:
    """A create has read an open incident again, which is then resolved: that waits for the create."""
    tenant, stop = await build.tenant(db), Stop(words=READS_AGAIN)
    agent = Opener(db=db, tenant=tenant)
    id = (await agent.create()).settled.after.thing.id
    creating = asyncio.create_task(Opener(db=Stepped(other, stop=stop), tenant=tenant).create())
    await stop.reached.wait()
    resolving = asyncio.create_task(agent.set_status(id, "resolved"))
    async with db.acquire() as watcher:
        waits = asyncio.create_task(until_waiting(watcher))
        await asyncio.wait([waits, resolving], return_when=asyncio.FIRST_COMPLETED)
        waits.cancel()
    waited = not resolving.done()
    stop.go.set()

    assert (await creating).extra == {"reused": True} and waited
    assert (await resolving).settled.after.row.status == "resolved"


async def reuse_changes_nothing(db: Database, other: Database) -> None:
    """A reused incident has its run and nothing else of the request."""
    tenant = await build.tenant(db)
    agent = Opener(db=db, tenant=tenant, run="r1")
    first = (await agent.create()).settled.after
    await agent.update(first.thing.id, "x")
    before = await seen(db, first.thing.id)

    done = await Opener(db=other, tenant=tenant, run="r2").create(title="Other", severity="critical")

    assert await seen(db, first.thing.id) == before
    assert done.settled.happened == ()
    assert [row["run"] for row in await db.fetch("select run from incident_runs order by run")] == ["r1", "r2"]


async def comments_tell_nothing(db: Database, _: Database) -> None:
    """Comments are rows of their own, and neither history nor events."""
    tenant = await build.tenant(db)
    agent = Opener(db=db, tenant=tenant)
    id = (await agent.create()).settled.after.thing.id
    for number in range(3):
        await agent.update(id, f"{number}")

    assert [row["type"] for row in await db.fetch("select type from events")] == ["incident.created"]
    assert len(await db.fetch("select from history")) == 1
    assert [row["message"] for row in await db.fetch("select message from incident_updates order by number")] == [
        "0",
        "1",
        "2",
    ]


async def seen(db: Database, id: UUID) -> list[Any]:
    return [
        [tuple(row) for row in await db.fetch(f"select * from {table} where {column} = $1", id)]
        for table, column in (
            ("things", "id"),
            ("incidents", "id"),
            ("incident_updates", "incident_id"),
            ("history", "thing_id"),
            ("interactions", "thing_id"),
        )
    ] + [[tuple(row) for row in await db.fetch("select wanted, shown from cards")]]


CHECKS: dict[str, Callable[[Database, Database], Awaitable[object]]] = {
    "two at once": two_at_once_open_one,
    "resolved": what_ended_is_not_reused,
    "other systems": lambda db, other: what_ended_is_not_reused(db, other, change="systems"),
    "kept open": what_is_reused_stays_open_until_then,
    "reuse": reuse_changes_nothing,
    "comments": comments_tell_nothing,
}


@pytest.mark.parametrize("check", CHECKS)
async def test_deduped_creates_and_comments_pass(check: str, db: Database, other: Database) -> None:
    async with asyncio.timeout(30):  # some wait for a statement
        await CHECKS[check](db, other)


def without_the_lock(patch: pytest.MonkeyPatch) -> None:
    """A create looks for an open incident without the lock of its system."""

    async def nothing(*_: object) -> None:
        return None

    patch.setattr(things, "lock_name", nothing)


def without_reading_again(patch: pytest.MonkeyPatch) -> None:
    """What was found is locked and reused, whatever it is by then."""
    still = mutated(
        "incidents",
        "is_open",
        (" and $system = any (systems) and status <> 'resolved'", " and $system::text is not null"),
    )
    patch.setitem(NOUN.table.sql, "is_open", still)


def without_locking_what_was_found(patch: pytest.MonkeyPatch) -> None:
    """What was found is read again, but not kept as it is until the create commits."""

    async def lock_open(*_: object) -> bool:
        return True

    patch.setattr(things, "lock_open", lock_open)


def event_for_a_comment(patch: pytest.MonkeyPatch) -> None:
    """A comment is told as an update."""
    right = life.changed

    def changed(locked: Any, wanted: Any, by: Any, **named: Any) -> Decision[Any]:
        decision = right(locked, wanted, by, **named)
        if decision.happened or wanted.message is None:
            return decision
        entry = entries.transition(locked.row, decision.row, {}, decision.row.recent_updates[-1])
        return Decision(row=decision.row, happened=[entry], is_quiet=decision.is_quiet)

    patch.setattr(life, "changed", changed)


MUTANTS = MappingProxyType(
    {
        "without the lock": (without_the_lock, "two at once"),
        "without reading again": (without_reading_again, "resolved"),
        "without reading its systems again": (without_reading_again, "other systems"),
        "without locking it": (without_locking_what_was_found, "kept open"),
        "event for a comment": (event_for_a_comment, "comments"),
    }
)


@pytest.mark.parametrize("name", MUTANTS)
async def test_the_checks_catch(name: str, db: Database, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, check = MUTANTS[name]
    wrong(monkeypatch)

    with pytest.raises(AssertionError):
        async with asyncio.timeout(30):
            await CHECKS[check](db, other)
