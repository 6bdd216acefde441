"""Leases that wait: given what is released, added, done or expired meanwhile, here or on another replica, in turns."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from operator import eq
from typing import Any

import pytest

from bridge.agents.limits.open_requests import OpenRequest
from bridge.notifier import Notifier
from bridge.waiting_lines import WaitingLines
from storage import keys, pool
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import work_items
from tests.storage import build
from tests.waiting import until

LONG = 20
Change = Callable[[Door], Awaitable[object]]


@asynccontextmanager
async def waiting(door: Door, *owners: str, **sent: Any) -> AsyncIterator[list[asyncio.Task[Reply]]]:
    """Leases that have found nothing and wait."""
    before = door.notifier.waiting
    tasks = []
    try:
        for number, owner in enumerate(owners, start=1):
            tasks.append(asyncio.create_task(work_items.lease(door, owner, wait=LONG, **sent)))
            await until(lambda: door.notifier.waiting, partial(eq, before + number))
        await until(lambda: door.built.parts.concurrency.count(OpenRequest.WAIT) >= len(owners))
        yield tasks
    finally:
        for task in tasks:
            task.cancel()


@pytest.fixture
async def patient(db: Database) -> AsyncIterator[Door]:
    """One replica where no line looks by itself, so that only a wake can."""
    notifier = Notifier(WaitingLines(look_seconds=3_600))
    async with doors.door(db, await build.tenant(db), notifier=notifier) as opened:
        yield opened


async def _released(door: Door) -> None:
    await work_items.move(door, "a", "release", fence=1)


async def _reclaimed(door: Door) -> None:
    await work_items.move(door, "a", "reclaim", reason="It hangs.")


async def _swept(door: Door) -> None:
    await work_items.expire(door, "a")
    assert await work_items.sweep(door) == ["a"]


async def _added(door: Door) -> None:
    await work_items.created(door, "b")


async def _done(door: Door) -> None:
    await work_items.move(door, "a", "complete", fence=1)  # upon which "next" waits


async def _unlinked(door: Door) -> None:
    await work_items.move(door, "next", "unlink", depends_on="a")


async def _unblocked(door: Door) -> None:
    await work_items.move(door, "blocked", "unblock")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_released, "a"),
        (_reclaimed, "a"),
        (_swept, "a"),
        (_added, "b"),
        (_done, "next"),
        (_unlinked, "next"),
        (_unblocked, "blocked"),
    ],
)
async def test_a_lease_that_waits_is_given_what_becomes_free(patient: Door, change: Change, expected: str) -> None:
    door = patient
    await work_items.created(door, "a")
    await work_items.created(door, "next", depends_on=["a"])
    await work_items.created(door, "blocked", status="blocked", reason="x")
    await work_items.leased(door, "first")
    async with waiting(door, "second") as (asked,):
        await change(door)

        reply = await asked
    assert (reply.status, reply.json["id"], reply.json["holder"]) == (200, expected, {"agent": "second"})


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_it_is_given_what_another_replica_releases(door: Door, other: Database, *, is_noticed: bool) -> None:
    await work_items.created(door, "a", to=work_items.TO)
    await work_items.leased(door, "first")
    async with doors.door(other, door.tenant) as elsewhere, waiting(door, "second") as (asked,):
        await work_items.move(elsewhere, "a", "release", fence=1)
        if is_noticed:
            for organization_id, id in elsewhere.notifier.drain():
                door.notifier.on_remote_change(organization_id, id)

        async with asyncio.timeout(LONG / 2):  # without a notice by the look of each second, not by the last one
            assert (await asked).json["id"] == "a"


async def test_it_is_given_an_item_whose_lease_runs_out(door: Door) -> None:
    await work_items.created(door, "a")
    await work_items.leased(door, "first", ttl_seconds=1)
    async with waiting(door, "second") as (asked,), asyncio.timeout(LONG / 2):
        reply = await asked

    assert (reply.json["id"], reply.json["attempts"]) == ("a", 2)


async def test_fifty_that_wait_for_one_item_make_few_looks_and_one_gets_it(dsn: str, door: Door) -> None:
    await work_items.created(door, "a")
    await work_items.leased(door, "first")
    owners = [f"w{number}" for number in range(50)]
    async with (
        pool.connect(dsn, name="narrow", size=2) as narrow,
        doors.door(narrow, door.tenant) as there,
        waiting(there, *owners) as tasks,
    ):
        looks = _count_leases(there)
        await work_items.move(there, "a", "release", fence=1)
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

        assert [task.result().json["holder"] for task in done] == [{"agent": "w0"}]
        await until(lambda: len(looks) >= 2)  # who was next in the line has looked, and waits on
        assert len(looks) <= 5 and len(rest) == 49
        for number in (1, 2):
            await work_items.created(there, f"b{number}")
        done, rest = await asyncio.wait(rest, return_when=asyncio.FIRST_COMPLETED)
        await until(lambda: sum(task.done() for task in tasks) == 3)
        assert {task.result().json["holder"]["agent"] for task in tasks if task.done()} == {"w0", "w1", "w2"}


def _count_leases(door: Door) -> list[str]:
    """Every statement that leases on this replica from now on."""
    found: list[str] = []
    fetch = door.db.fetch

    async def counted(query: str, *args: object) -> object:
        if "leased_id" in query or "'leased'" in query:
            found.append(query[:40])
        return await fetch(query, *args)

    object.__setattr__(door.db, "fetch", counted)
    return found


async def test_a_phase_has_a_line_of_its_own(door: Door) -> None:
    async with (
        waiting(door, "builder", phase="build") as (builder,),
        waiting(door, "tester", phase="test") as (tester,),
    ):
        await work_items.created(door, "t", phase="test")
        assert (await tester).json["id"] == "t"
        assert not builder.done()
        await work_items.created(door, "b", phase="build")
        assert (await builder).json["id"] == "b"


async def test_it_ends_with_nothing(door: Door) -> None:
    reply = await work_items.lease(door, wait="0.2", idempotency="k")

    assert (reply.status, reply.raw) == (204, b"")
    assert door.notifier.waiting == 0 and not [*door.notifier.lines.signals()]


async def test_it_ends_when_the_replica_stops_and_when_its_key_is_revoked(door: Door) -> None:
    async with waiting(door, "w1", "w2") as tasks:
        await keys.revoke(door.db, organization_id=door.tenant.scope.organization_id, id=door.tenant.key_id)
        await door.built.parts.open_keys.step()
        assert {(await task).status for task in tasks} == {401}


async def test_all_that_wait_end_when_the_replica_stops(door: Door) -> None:
    async with waiting(door, "w1", "w2", "w3") as tasks:
        door.notifier.close()
        assert {(await task).status for task in tasks} == {204}


async def test_beyond_the_limit_of_waiting_requests_it_is_refused(db: Database, door: Door) -> None:
    async with doors.door(db, door.tenant, most=0) as full:
        assert (await work_items.lease(full, wait=LONG)).slug == "too_many_open"
        assert (await work_items.lease(full)).status == 204
        await work_items.created(full, "a")
        assert (await work_items.lease(full, wait=LONG)).status == 200


async def test_a_client_that_has_gone_is_given_nothing(door: Door) -> None:
    async with waiting(door, "gone") as (asked,):
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await until(lambda: door.notifier.waiting == 0)
    await work_items.created(door, "a")

    assert (await work_items.get(door, "a")).json["status"] == "ready"
