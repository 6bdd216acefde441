"""Waiting for a status of a thing: met by what it is, and by what it was since the request began."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bridge import ids
from bridge.loops import watch
from bridge.things.recovery import NOUN
from storage import keys, pool
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import recoveries
from tests.waiting import until

LONG = 20


@asynccontextmanager
async def waiting(door: Door, id: str, **query: Any) -> AsyncIterator[asyncio.Task[Reply]]:
    """A request that has looked at its recovery and waits."""
    task = asyncio.create_task(recoveries.get(door, id, wait=LONG, **query))
    try:
        async with asyncio.timeout(LONG):
            await door.waiting()
            yield task
    finally:
        task.cancel()


async def test_what_it_is_already_is_returned_at_once(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]

    reply = await recoveries.get(door, id, wait=LONG, until="escalated,active")

    assert (reply.status, reply.json["reached"]) == (200, "active")


async def test_without_until_the_end_is_waited_for(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    async with waiting(door, id) as asked:
        await recoveries.report(door)
        await recoveries.resolve(door, id)

        assert (await asked).json["reached"] == "resolved"
    assert door.notifier.watched_things() == []


async def test_a_status_that_has_passed_again_is_reached(door: Door, other: Database) -> None:
    id = (await recoveries.report(door, max_attempts=1)).json["id"]
    async with (
        doors.door(other, door.tenant) as elsewhere,  # its notices are not heard here
        waiting(door, id, until="escalated,cancelled") as asked,
    ):
        assert (await recoveries.report(elsewhere, max_attempts=1)).json["status"] == "escalated"
        assert (await recoveries.report(elsewhere)).json["status"] == "active"
        assert not asked.done()

        await watch.step(door.db, door.notifier)

        reply = await asked
        assert (reply.json["status"], reply.json["reached"]) == ("active", "escalated")


async def test_what_was_before_the_request_does_not_count(door: Door) -> None:
    id = (await recoveries.report(door, max_attempts=1)).json["id"]
    await recoveries.report(door, max_attempts=1)
    await recoveries.report(door)

    reply = await recoveries.get(door, id, wait="0.2", until="escalated")

    assert (reply.json["status"], reply.json["reached"]) == ("active", None)


async def test_another_move_does_not_make_an_earlier_status_count(door: Door) -> None:
    id = (await recoveries.report(door, max_attempts=1)).json["id"]
    await recoveries.report(door, max_attempts=1)
    await recoveries.report(door)
    async with waiting(door, id, until="escalated") as asked:
        await recoveries.report(door)
        await until(lambda: door.notifier.watched_things()[0][2] == 4)  # it has read the fourth move
        await asyncio.sleep(0.05)
        assert not asked.done()

        await recoveries.report(door, max_attempts=1)

        assert (await asked).json["reached"] == "escalated"


async def test_a_look_wakes_only_what_has_moved_past_what_was_read(door: Door, other: Database) -> None:
    id = (await recoveries.report(door)).json["id"]
    async with doors.door(other, door.tenant) as elsewhere, waiting(door, id, until="cancelled") as asked:
        await recoveries.report(elsewhere)
        await watch.step(door.db, door.notifier)
        await until(lambda: door.notifier.watched_things()[0][2] == 2)  # it has read the second move
        ((organization_id, thing_id, seen),) = door.notifier.watched_things()
        with door.notifier.watching_thing(organization_id, thing_id) as signal:
            signal.seen = seen
            await watch.step(door.db, door.notifier)
            assert not signal.is_set()

        await recoveries.resolve(elsewhere, id, outcome="cancelled")
        await watch.step(door.db, door.notifier)

        assert (await asked).json["reached"] == "cancelled"


async def test_a_click_wakes_it(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]
    async with waiting(door, id) as asked:
        await recoveries.click(door, id, choice="cancelled")

        assert (await asked).json["reached"] == "cancelled"


async def test_it_waits_without_a_database_connection(dsn: str, door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    async with (
        pool.connect(dsn, name="narrow", size=1) as narrow,
        doors.door(narrow, door.tenant) as there,
        waiting(there, id) as first,
    ):
        more = [asyncio.create_task(recoveries.get(there, id, wait=LONG)) for _ in range(20)]
        await until(lambda: there.notifier.waiting == 21)

        await recoveries.resolve(there, id)

        assert {(await asked).json["reached"] for asked in (first, *more)} == {"resolved"}


async def test_it_ends_when_its_key_is_revoked(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    organization_id = door.tenant.scope.organization_id
    async with waiting(door, id) as asked:
        await keys.revoke(door.db, organization_id=organization_id, id=door.tenant.key_id)
        await door.built.parts.open_keys.step()

        assert (await asked).status == 401


async def test_beyond_the_limit_of_waiting_requests_it_is_refused(db: Database, door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    async with doors.door(db, door.tenant, most=0) as full:
        assert (await recoveries.get(full, id, wait=LONG)).slug == "too_many_open"
        assert (await recoveries.get(full, id)).json["reached"] is None


async def test_a_bad_query_is_named(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    for query in ({"until": "gone"}, {"until": ""}, {"until": "active,active"}, {"wait": "x"}, {"include": "full"}):
        assert (await recoveries.get(door, id, **query)).status == 400


async def test_one_that_does_not_exist_is_not_waited_for(door: Door) -> None:
    assert (await recoveries.get(door, NOUN.public_id(ids.new()), wait=LONG)).status == 404
