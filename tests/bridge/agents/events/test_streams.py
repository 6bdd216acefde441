"""Clients that do not read, hang up or reset their connection: their streams are cut, and leave nothing behind."""

import asyncio
import contextlib
import io
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
from asyncpg import Record

from bridge import ids
from bridge.agents.events.feed import DEFAULT_LIMITS, Feed, FeedLimits
from bridge.agents.events.streams import StreamTimes
from storage import events
from storage.errors import Failure, Unavailable
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.events.test_events import happened, number
from tests.bridge.agents.listening import listening
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.test_events import write_events
from tests.waiting import until

HEAVY = {"metadata": {"heavy": "x" * 16_000}}


@asynccontextmanager
async def raw(door: Door, *, after: str = "", path: str = "/v1/events") -> AsyncIterator[socket.socket]:
    """A connection that requested a stream, or another path, and reads only when a test reads."""
    url = door.http.make_url(path)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, (url.host, url.port))
        await loop.sock_sendall(
            client,
            f"GET {path}{after} HTTP/1.1\r\nHost: bridge\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {door.tenant.secret}\r\n\r\n".encode(),
        )
        yield client


async def until_open(door: Door, number: int) -> None:
    await until(lambda: len(door.streams), lambda count: count == number)


async def test_m074_who_does_not_read_is_cut_and_delays_no_other_client(db: Database, log: io.StringIO) -> None:
    tenant = await build.tenant(db)
    async with doors.door(db, tenant, stream_times=StreamTimes(write=0.5)) as door:
        interaction = await build.question(db, tenant, **HEAVY)
        async with raw(door), listening(door) as reads:
            await until_open(door, 2)
            written = await write_events(db, interaction, number=60)  # about a megabyte
            await number(door)

            received = [event["id"] for event in await reads.events(61)]
            assert received[1:] == [ids.encode("evt", id) for id in written]
            await until_open(door, 1)
            followed = door.streams.feed_of(tenant.scope.organization_id)
            assert followed is not None
            events_kept, size = followed.kept
            assert 0 < events_kept <= DEFAULT_LIMITS.events and 0 < size <= DEFAULT_LIMITS.size
    cut = [json.loads(line) for line in log.getvalue().splitlines() if "stream_cut" in line]
    assert [line["why"] for line in cut] == ["the client does not read"]


async def test_m038_a_stop_does_not_wait_for_who_does_not_read(db: Database) -> None:
    async with (
        doors.door(db, await build.tenant(db), stream_times=StreamTimes(stop=0.2)) as door,
        raw(door, after="?after=beginning"),
    ):
        await write_events(db, await build.question(db, door.tenant, **HEAVY), number=60)
        await number(door)
        await until(lambda: any(stream.is_sending for stream in door.streams.open))
        door.notifier.close()
        door.streams.close()

        await asyncio.wait_for(until_open(door, 0), 10)


async def test_who_reads_slowly_falls_behind_what_is_kept_and_misses_nothing(db: Database) -> None:
    tenant, limits = await build.tenant(db), FeedLimits(events=5, page=7)
    interaction = await build.question(db, tenant, **HEAVY)
    async with doors.door(db, tenant, feed_limits=limits) as door, listening(door) as slow:
        written = []
        for _ in range(4):
            written += await write_events(db, interaction, number=20)
            await number(door)

        received = [event["id"] for event in await slow.events(81)]
    assert received[1:] == [ids.encode("evt", id) for id in written]


async def test_m074_connections_that_are_reset_leave_no_descriptor(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), stream_times=StreamTimes(heartbeat=0.2)) as door:
        await resets(door)


async def resets(door: Door) -> None:
    """Reset a hundred connections, and compare the open descriptors before and after."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(10):  # open every connection of the pool
            await stack.enter_async_context(door.db.acquire())
    async with raw(door):
        await until_open(door, 1)
    await until_open(door, 0)
    before = psutil.Process().num_fds()
    clients = []
    for _ in range(100):
        opened = raw(door)
        clients.append((opened, await opened.__aenter__()))
    await until_open(door, 100)
    assert psutil.Process().num_fds() >= before + 200
    for opened, client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
        await opened.__aexit__(None, None, None)
    await until_open(door, 0)

    await until(lambda: psutil.Process().num_fds() <= before and not door.streams.reading_count)


async def test_while_streams_wait_no_database_connection_is_held(door: Door) -> None:
    async with listening(door), listening(door):
        await until(lambda: door.streams.following_count == 2)
        async with asyncio.timeout(5):
            connections = [door.db.acquire() for _ in range(10)]  # all there are
            for one in connections:
                await one.__aenter__()
        for one in connections:
            await one.__aexit__(None, None, None)


async def test_what_is_kept_is_bounded_and_says_how_far_back_it_reaches(door: Door) -> None:
    await happened(door, 5)
    organization_id = door.tenant.scope.organization_id
    few, small = (
        Feed(db=door.db, reader=door.reader, organization_id=organization_id, position=0, limits=limits)
        for limits in (FeedLimits(events=3), FeedLimits(size=1))
    )

    await few.step()
    await small.step()

    assert few.position == 5 and few.past(1) is None
    assert [event.position for event in few.past(2) or []] == [3, 4, 5]
    assert few.past(5) == [] == few.past(9)
    assert small.position == 5 and small.past(4) is None and small.past(5) == [] and small.kept == (0, 0)


async def test_a_database_that_is_away_is_asked_again_and_nothing_is_missed(door: Door) -> None:
    away, limits = _Away(door.db), FeedLimits(retry_seconds=0.01)
    async with doors.door(away, door.tenant, feed_limits=limits) as replica, listening(replica) as stream:
        await until(lambda: replica.streams.following_count == 1)
        away.refused = 3
        missed = await happened(door, 2)
        replica.notifier.feed_advanced(door.tenant.scope.organization_id)

        assert [one["id"] for one in await stream.events(2)] == missed and away.refused == 0


class _Away(Counting):
    """A pool that cannot reach its database a few times."""

    refused = 0

    async def fetch(self, query: str, *args: object) -> list[Record]:
        if self.refused:
            self.refused -= 1
            raise Unavailable(Failure.RETRY, "ConnectionRefusedError")
        return await super().fetch(query, *args)


async def test_a_feed_whose_last_events_were_forgotten_is_caught_up_with_all_the_same(door: Door) -> None:
    """The feed ends past its last event: a stream that catches up then waits, and does not read for ever."""
    await happened(door, 3)
    await door.db.fetch("delete from events where position = 3")
    async with listening(door) as now, listening(door, after="beginning") as all_of_it:
        assert len(await all_of_it.events(2)) == 2
        await until(lambda: [stream.is_waiting for stream in door.streams.open] == [True, True])
        (more,) = await happened(door, 1)
        assert (await now.event())["id"] == (await all_of_it.event())["id"] == more
    assert (await events.position(door.db, door.tenant.scope.organization_id)).latest == 4
