"""Notices of other replicas: within milliseconds, again after every outage, and never the only way."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bridge import ids
from bridge.loops import fanout, runner, watch
from bridge.loops.fanout import Fanout
from bridge.loops.runner import Loop
from bridge.notifier import Notifier
from storage.pool import Database
from tests import proxy
from tests.bridge.replica import Replica
from tests.proxy import Weather
from tests.storage import build

ORGANIZATION, QUESTION = ids.new(), ids.new()


@asynccontextmanager
async def connected(dsn: str, notifier: Notifier, **arguments: Any) -> AsyncIterator[Fanout]:
    one = Fanout(dsn=dsn, notifier=notifier, **arguments)
    await one.step()
    try:
        yield one
    finally:
        await one.close()


async def until(signal: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await signal.wait()


async def test_a_waiter_on_another_replica_is_woken(dsn: str) -> None:
    here, there = Notifier(), Notifier()
    async with connected(dsn, here) as one, connected(dsn, there):
        with there.watching(ORGANIZATION, QUESTION) as signal, there.watching(ORGANIZATION, ids.new()) as other:
            here.interaction_changed(ORGANIZATION, QUESTION)
            assert await one.step() == 1

            await until(signal)
            assert not other.is_set()
        assert not there.fanout.is_set(), "what was heard is not told again"


async def test_a_click_on_one_replica_wakes_a_waiter_on_the_other(replica: Replica, second: Replica, dsn: str) -> None:
    question = await build.question(replica.db, replica.tenant)
    async with connected(dsn, replica.notifier), connected(dsn, second.notifier) as there:
        with replica.notifier.watching(question.organization_id, question.id) as signal:
            await second.send_click(second.payload(question))
            assert await there.step() == 1

            await until(signal)


async def test_what_changes_within_a_moment_is_told_together(dsn: str) -> None:
    notifier = Notifier()
    clock = asyncio.get_running_loop().time
    async with connected(dsn, notifier) as one:
        began = clock()
        for _ in range(5):
            for _ in range(100):
                notifier.interaction_changed(ORGANIZATION, ids.new())
            assert await one.step() == 100
        assert clock() - began >= 4 * fanout.COALESCE_SECONDS


async def test_very_much_at_once_is_told_as_everything(dsn: str) -> None:
    here, there = Notifier(), Notifier()
    async with connected(dsn, here) as one, connected(dsn, there):
        with there.watching(ORGANIZATION, QUESTION) as signal:
            for _ in range(1001):
                here.interaction_changed(ORGANIZATION, ids.new())
            await one.step()

            await until(signal)


async def test_however_often_everything_is_told_all_waiters_look_once_a_second(dsn: str, db: Database) -> None:
    """Any client of the database can send such a notice, and with many waiters every look is many queries."""
    notifier, looks = Notifier(), 0
    async with connected(dsn, notifier):
        with notifier.watching(ORGANIZATION, QUESTION) as signal:
            began = asyncio.get_running_loop().time()
            await db.fetch("select pg_notify('askbridge', '')")
            await until(signal)
            for _ in range(30):
                looks += signal.is_set()
                signal.clear()
                await db.fetch("select pg_notify('askbridge', '')")
            assert looks <= 1 + (asyncio.get_running_loop().time() - began) / fanout.EVERYTHING_SECONDS
            await until(signal)  # the last is not forgotten


async def test_m070_a_new_connection_has_all_waiters_look_again(dsn: str) -> None:
    """Notices that were sent without a connection are not sent again."""
    notifier = Notifier()
    async with proxy.before(dsn) as (way, through), connected(through, notifier) as one:
        with notifier.watching(ORGANIZATION, QUESTION) as signal:
            notifier.fanout.clear()
            await way.cut()
            await until(notifier.fanout)
            await one.step()

            assert signal.is_set()


async def test_m070_a_connection_that_is_only_silent_is_replaced(dsn: str) -> None:
    notifier = Notifier()
    async with proxy.before(dsn) as (way, through), connected(through, notifier, probe_seconds=0.0) as one:
        way.weather = Weather.BLACK_HOLE
        with notifier.watching(ORGANIZATION, QUESTION) as signal:
            assert await one.step() == 0
            assert not signal.is_set()
            way.weather = Weather.FAIR
            await way.cut()
            await one.step()

            await until(signal)


async def test_without_a_database_nothing_fails_and_nothing_piles_up(log: io.StringIO) -> None:
    notifier = Notifier()
    one = Fanout(dsn="postgresql://nobody:x@127.0.0.1:1/none", notifier=notifier)
    for _ in range(2):
        notifier.interaction_changed(ORGANIZATION, QUESTION)
        assert await one.step() == 0
        assert notifier.drain() == []
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["notices_lost"], "said once, not once a second"
    await one.close()


async def test_m070_with_every_notice_lost_a_waiter_hears_by_the_next_look(replica: Replica, second: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    stopping = asyncio.Event()
    looking = Loop(name="watch", step=lambda: watch.step(replica.db, replica.notifier), interval=1.0)
    running = asyncio.create_task(runner.run(looking, stopping))
    clock = asyncio.get_running_loop().time
    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await second.send_click(second.payload(question))
        answered = clock()
        await until(signal)
        assert clock() - answered < 2
    stopping.set()
    await running


async def test_a_feed_that_grew_here_is_looked_at_by_who_follows_it_there(dsn: str) -> None:
    here, there = Notifier(), Notifier()
    async with connected(dsn, here) as one, connected(dsn, there):
        with there.following(ORGANIZATION) as signal, there.following(ids.new()) as other:
            here.events_numbered([ORGANIZATION], deliveries=0)
            assert await one.step() == 1

            await until(signal)
            assert not other.is_set()
