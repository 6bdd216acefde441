"""A replica that was built does nothing until it is run, and `run` starts what it is given and no more."""

import asyncio
from dataclasses import fields, replace

import aiohttp
import pytest

from bridge.loops.runner import Loop
from bridge.server import lifecycle, loop_schedule
from bridge.server.lifecycle import Addresses
from bridge.server.replica import build
from storage.pool import Database
from tests.bridge import building
from tests.bridge.replica import Counting


async def test_building_a_replica_queries_nothing_and_starts_no_loop(db: Database) -> None:
    counting, settings = Counting(db), building.settings()
    async with building.opened(settings, counting) as resources:
        before = asyncio.all_tasks()
        built = build(settings, resources, building.allotment())

        assert counting.statements == [] and counting.in_use == 0
        assert asyncio.all_tasks() == before
        assert all(loop.passed_at is None for loop in built.loops)


async def test_a_replica_runs_only_the_loops_it_is_given_and_closes_when_it_is_stopped(db: Database) -> None:
    ready, passed = asyncio.Future[Addresses](), asyncio.Event()

    async def step() -> int:
        passed.set()
        return 0

    settings = building.settings(port=0)
    async with building.opened(settings, db) as resources:
        built = build(settings, resources, building.allotment())
        only = Loop(name="only", step=step, interval=60.0)
        running = asyncio.create_task(lifecycle.run(built, loops=[only], on_ready=ready.set_result))
        url = (await ready).url
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{url}/openapi.json") as answer:
                assert answer.status == 200
            await asyncio.wait_for(passed.wait(), timeout=10)
            built.state.stopping.request()
            await running
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get(f"{url}/healthz")

    assert built.state.notifier.closing.is_set()
    assert all(loop.passed_at is None for loop in built.loops), "none of its own was started"


async def test_every_interval_reaches_its_loop(db: Database) -> None:
    names = [field.name for field in fields(loop_schedule.DEFAULTS)]
    intervals = replace(loop_schedule.DEFAULTS, **{name: 1_000.0 + number for number, name in enumerate(names)})
    settings = building.settings(slack_bot_token="xoxb-1")
    async with building.opened(settings, db) as resources:
        built = build(settings, resources, building.allotment(), intervals=intervals)

    called = {"heard": "acknowledgements", "unheard": "unacknowledged"}
    given = {called.get(loop.name, loop.name): loop.interval for loop in built.loops}
    assert given == {name: getattr(intervals, name) for name in names}
