"""More connections than there may be: the one where nothing happened for longest gives way to whoever comes."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bridge.connection_limit import ConnectionLimiter
from bridge.server import listeners
from tests.bridge.server.test_startup_log import settings

MOST = 3
CLOSED = b""
LARGE = 32 * 1024 * 1024  # bytes; more than any kernel takes for a client


@dataclass(kw_only=True)
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    got: int = 0

    def send(self, path: str, *, length: int = 0) -> None:
        self.writer.write(f"POST {path} HTTP/1.1\r\nHost: bridge\r\nContent-Length: {length}\r\n\r\n".encode())

    async def status(self) -> bytes:
        """Of the next answer; nothing when the connection was closed."""
        async with asyncio.timeout(10):
            line = await self.reader.readline()
            return line[9:12] if line and await self.reader.readuntil(b"\r\n\r\n") else CLOSED

    async def ask(self, path: str = "/") -> bytes:
        self.send(path)
        return await self.status()


@dataclass(kw_only=True)
class Doors:
    """A replica's doors, with handlers that a test ends."""

    limiter: ConnectionLimiter
    stack: AsyncExitStack
    url: str = ""
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    end: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self) -> Client:
        parts = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        self.stack.callback(writer.close)
        return Client(reader=reader, writer=writer)

    async def at_once(self, _: web.Request) -> web.Response:
        return web.Response()

    async def large(self, _: web.Request) -> web.Response:
        self.begun.release()
        return web.Response(body=bytes(LARGE))

    async def refuses(self, _: web.Request) -> web.Response:
        return web.Response(status=429)

    async def slow(self, _: web.Request) -> web.Response:
        self.begun.release()
        await self.end.wait()
        return web.Response()

    async def keeps(self, request: web.Request) -> web.Response:
        with self.limiter.keep(request):
            return await self.slow(request)

    async def reads(self, request: web.Request) -> web.Response:
        self.begun.release()
        await request.read()
        return web.Response()


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    async with AsyncExitStack() as stack:
        opened = Doors(limiter=ConnectionLimiter(most=MOST), stack=stack)
        web_app = web.Application(middlewares=[opened.limiter.attend])
        for path, handler in {
            "/": opened.at_once,
            "/large": opened.large,
            "/refuse": opened.refuses,
            "/slow": opened.slow,
            "/keep": opened.keeps,
            "/read": opened.reads,
        }.items():
            web_app.router.add_post(path, handler)
        opened.url = await stack.enter_async_context(listeners.doors(web_app, settings(port=0), opened.limiter))
        stack.callback(opened.end.set)
        yield opened


async def test_the_one_that_was_idle_for_longest_gives_way(doors: Doors, log: io.StringIO) -> None:
    first, second, third = [await doors.connect() for _ in range(MOST)]
    for one in (first, second, third, first):
        assert await one.ask() == b"200"

    assert await (await doors.connect()).ask() == b"200"
    assert await second.status() == CLOSED
    assert await first.ask() == await third.ask() == b"200"
    assert await (await doors.connect()).ask() == b"200"
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["most"], line["kept"]) for line in told] == [("connections_crowded", MOST, 0)]


async def test_who_says_nothing_keeps_nobody_out(doors: Doors) -> None:
    silent = [await doors.connect() for _ in range(10 * MOST)]

    assert await (await doors.connect()).ask() == b"200"
    assert [await one.status() for one in silent[: 1 - MOST]] == [CLOSED] * (9 * MOST + 1)


@pytest.mark.parametrize(("path", "length"), [("/slow", 0), ("/read", 10)])
async def test_a_request_that_takes_its_time_keeps_nobody_out(doors: Doors, path: str, length: int) -> None:
    for _ in range(2 * MOST):
        (await doors.connect()).send(path, length=length)
        await doors.begun.acquire()

    assert await (await doors.connect()).ask() == b"200"


async def test_one_that_is_kept_stays_and_gives_way_afterwards(doors: Doors) -> None:
    kept = await doors.connect()
    kept.send("/keep")
    await doors.begun.acquire()
    for _ in range(2 * MOST):
        assert await (await doors.connect()).ask() == b"200"
    doors.end.set()
    assert await kept.status() == b"200"

    for _ in range(MOST):
        assert await (await doors.connect()).ask() == b"200"
    assert await kept.status() == CLOSED


async def test_who_has_gone_is_not_counted(doors: Doors) -> None:
    for path in ("/", "/slow", "/keep"):
        for _ in range(2 * MOST):
            client = await doors.connect()
            client.send(path)
            await (client.status() if path == "/" else doors.begun.acquire())
            client.writer.transport.abort()
            async with asyncio.timeout(10):
                while doors.limiter._others or doors.limiter._kept:
                    await asyncio.sleep(0.001)
    doors.end.set()
    stays = await doors.connect()
    assert await stays.ask() == await stays.ask() == b"200"

    assert list(doors.limiter._others) and not doors.limiter._kept


async def test_a_flood_makes_room_by_itself_once_there_is_none(doors: Doors) -> None:
    first, second = await doors.connect(), await doors.connect()
    assert await first.ask("/refuse") == await second.ask("/refuse") == await first.ask("/refuse") == b"429"

    third = await doors.connect()
    assert await third.ask() == b"200"
    assert await first.ask("/refuse") == b"429"
    assert await first.status() == CLOSED
    assert await second.ask("/refuse") == b"429" == await second.ask("/refuse")
    assert await third.ask() == b"200"


async def test_who_does_not_read_is_not_waited_for(doors: Doors) -> None:
    deaf = await doors.connect()
    deaf.send("/large")
    await doors.begun.acquire()
    for _ in range(MOST):
        assert await (await doors.connect()).ask() == b"200"
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):
            while read := await deaf.reader.read(LARGE):
                deaf.got += len(read)

    assert deaf.got < LARGE
