"""Turns: those of one name one after the other, few of all names at once, and nothing is kept."""

import asyncio

from bridge import ids
from bridge.agents.things.turns import Turns
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import incidents
from tests.bridge.things.steps import held
from tests.storage.faults import until_waiting


async def test_those_of_one_name_take_turns_and_others_do_not_wait() -> None:
    turns, organization_id, running, most = Turns(at_once=10), ids.new(), [0, 0], [0, 0]

    async def work(place: int) -> None:
        async with turns.take(organization_id, f"name {place}"):
            running[place] += 1
            most[place] = max(most[place], running[place])
            await asyncio.sleep(0)
            running[place] -= 1

    async with turns.take(ids.new(), "name 0"):  # of another organization
        await asyncio.gather(*(work(number % 2) for number in range(20)))

    assert most == [1, 1] and turns.names == 0


async def test_few_run_at_once() -> None:
    turns, running, most = Turns(at_once=3), 0, 0

    async def work(name: str) -> None:
        nonlocal running, most
        async with turns.take(ids.new(), name):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

    await asyncio.gather(*(work(f"{number}") for number in range(20)))

    assert most == 3


async def test_one_that_gives_up_leaves_nothing() -> None:
    turns, organization_id = Turns(), ids.new()

    async def work() -> None:
        async with turns.take(organization_id, "name"):
            raise AssertionError

    async with turns.take(organization_id, "name"):
        waiting = asyncio.create_task(work())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert turns.names == 1

    assert turns.names == 0


async def test_changes_that_wait_for_one_thing_leave_the_other_connections_free(door: Door, dsn: str) -> None:
    id = (await incidents.create(door)).json["id"]
    async with held(dsn, "select from things for update") as holder:
        changes = [
            asyncio.create_task(incidents.update(door, id, message=f"{number}"))
            for number in range(2 * door.db.max_size)
        ]
        await until_waiting(holder)
        free = await door.call("GET", "/v1/incidents")
        is_in_time = not any(change.done() for change in changes)
    replies = await asyncio.gather(*changes)

    assert free.status == 200 and is_in_time, "it waited for a connection that a change holds"
    assert {reply.status for reply in replies} == {201}
