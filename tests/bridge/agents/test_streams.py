"""Clients that do not read, hang up or break off: cut or forgotten, and nothing of them is left."""

import asyncio
import io
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from asyncpg import Record

from bridge import ids
from bridge.agents import feed, streams
from bridge.agents.feed import Feed
from storage import events
from storage.errors import Failure, Unavailable
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.listening import listening
from tests.bridge.agents.test_events import happened, number
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.test_events import write_events

HEAVY = {"metadata": {"heavy": "x" * 16_000}}


@asynccontextmanager
async def raw(door: Door, *, after: str = "") -> AsyncIterator[socket.socket]:
    """A connection that asked for a stream, and reads only what a test reads of it."""
    url = door.http.make_url("/v1/events")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, (url.host, url.port))
        await loop.sock_sendall(
            client,
            f"GET /v1/events{after} HTTP/1.1\r\nHost: bridge\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {door.tenant.secret}\r\n\r\n".encode(),
        )
        yield client


async def until_open(door: Door, number: int) -> None:
    async with asyncio.timeout(30):
        while len(door.streams) != number:
            await asyncio.sleep(0.01)


async def test_m074_who_does_not_read_is_cut_and_keeps_nobody_waiting(
    door: Door, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setattr(streams, "PATIENCE_SECONDS", 0.5)
    question = await build.question(door.db, door.tenant, **HEAVY)
    async with raw(door), listening(door) as reads:
        await until_open(door, 2)
        written = await write_events(door.db, question, number=60)  # about a megabyte
        await number(door)

        heard = [one["id"] for one in await reads.events(61)]
        assert heard[1:] == [ids.encode("evt", id) for id in written]
        await until_open(door, 1)
        (followed,) = door.streams._feeds.values()
        assert followed._bytes <= feed.MOST_BYTES and len(followed._kept) <= feed.MOST_KEPT
    cut = [json.loads(line) for line in log.getvalue().splitlines() if "stream_cut" in line]
    assert [line["why"] for line in cut] == ["what was sent is not read"]


async def test_m038_a_stop_does_not_wait_for_who_does_not_read(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_STOP_SECONDS", 0.2)
    question = await build.question(door.db, door.tenant, **HEAVY)
    await write_events(door.db, question, number=60)
    await number(door)
    async with raw(door, after="?after=beginning"):
        async with asyncio.timeout(30):
            while not any(one._sending for one in door.streams._streams):
                await asyncio.sleep(0.01)
        door.wake.close()
        door.streams.close()

        await asyncio.wait_for(until_open(door, 0), 10)


async def test_who_reads_slowly_falls_behind_what_is_kept_and_misses_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_KEPT", 5)
    monkeypatch.setattr(feed, "PAGE", 7)
    question = await build.question(door.db, door.tenant, **HEAVY)
    async with listening(door) as slow:
        written = []
        for _ in range(4):
            written += await write_events(door.db, question, number=20)
            await number(door)

        heard = [one["id"] for one in await slow.events(81)]
    assert heard[1:] == [ids.encode("evt", id) for id in written]


async def test_m074_connections_that_are_reset_leave_no_descriptor(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.2)
    await asyncio.gather(*(door.db.fetch("select pg_sleep(0.1)") for _ in range(10)))  # every connection of the pool
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

    async with asyncio.timeout(10):
        while psutil.Process().num_fds() > before or door.streams._reading:
            await asyncio.sleep(0.01)


async def test_while_streams_wait_no_database_connection_is_held(door: Door) -> None:
    async with listening(door), listening(door):
        while door.streams._followers.total() < 2:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            connections = [door.db.acquire() for _ in range(10)]  # all there are
            for one in connections:
                await one.__aenter__()
        for one in connections:
            await one.__aexit__(None, None, None)


async def test_what_is_kept_is_bounded_and_says_how_far_back_it_reaches(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_KEPT", 3)
    await happened(door, 5)
    followed = Feed(db=door.db, reader=door.reader, organization_id=door.tenant.scope.organization_id, position=0)

    await followed._look()

    assert followed.position == 5 and followed.past(1) is None
    assert [told.position for told in followed.past(2) or []] == [3, 4, 5]
    assert followed.past(5) == [] == followed.past(9)
    monkeypatch.setattr(feed, "MOST_BYTES", 1)
    await happened(door, 1)
    await followed._look()
    assert followed.past(5) is None and followed.past(6) == [] and followed._bytes == 0


async def test_a_database_that_is_away_is_asked_again_and_nothing_is_missed(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_AGAIN_SECONDS", 0.01)
    away = _Away(door.db)
    async with doors.door(away, door.tenant) as replica, listening(replica) as stream:
        while replica.streams._followers.total() < 1:
            await asyncio.sleep(0.01)
        away.refused = 3
        missed = await happened(door, 2)
        replica.wake.moved(door.tenant.scope.organization_id)

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
    """The end is past the last event there is: whoever catches up waits with the others, and does not look for ever."""
    await happened(door, 3)
    await door.db.fetch("delete from events where position = 3")
    async with listening(door) as now, listening(door, after="beginning") as all_of_it:
        assert len(await all_of_it.events(2)) == 2
        async with asyncio.timeout(10):
            while [len(one.moved._waiters) for one in door.streams._feeds.values()] != [2]:
                await asyncio.sleep(0.01)
        (more,) = await happened(door, 1)
        assert (await now.event())["id"] == (await all_of_it.event())["id"] == more
    assert (await events.position(door.db, door.tenant.scope.organization_id)).latest == 4
