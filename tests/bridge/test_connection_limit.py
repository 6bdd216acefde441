"""More connections than the limit: a new one closes the connection that was idle the longest."""

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
from tests.waiting import until

LIMIT = 3
CLOSED = b""
LARGE = 32 * 1024 * 1024  # bytes; more than any kernel takes for a client


@dataclass(kw_only=True)
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    received: int = 0

    def send(self, path: str, *, length: int = 0) -> None:
        self.writer.write(f"POST {path} HTTP/1.1\r\nHost: bridge\r\nContent-Length: {length}\r\n\r\n".encode())

    async def status(self) -> bytes:
        """The status of the next response; CLOSED when the connection was closed."""
        async with asyncio.timeout(10):
            line = await self.reader.readline()
            return line[9:12] if line and await self.reader.readuntil(b"\r\n\r\n") else CLOSED

    async def ask(self, path: str = "/") -> bytes:
        self.send(path)
        return await self.status()


@dataclass(kw_only=True)
class LimitedServer:
    """A server with a connection limit and with handlers that a test ends."""

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
async def server() -> AsyncIterator[LimitedServer]:
    async with AsyncExitStack() as stack:
        opened = LimitedServer(limiter=ConnectionLimiter(max_connections=LIMIT), stack=stack)
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
        listener = await stack.enter_async_context(listeners.public(web_app, settings(port=0), opened.limiter))
        opened.url = listener.url
        stack.callback(opened.end.set)
        yield opened


async def test_the_one_that_was_idle_for_longest_gives_way(server: LimitedServer, log: io.StringIO) -> None:
    first, second, third = [await server.connect() for _ in range(LIMIT)]
    for one in (first, second, third, first):
        assert await one.ask() == b"200"

    assert await (await server.connect()).ask() == b"200"
    assert await second.status() == CLOSED
    assert await first.ask() == await third.ask() == b"200"
    assert await (await server.connect()).ask() == b"200"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["most"], line["kept"]) for line in lines] == [("connections_crowded", LIMIT, 0)]


async def test_silent_connections_keep_no_other_out(server: LimitedServer) -> None:
    silent = [await server.connect() for _ in range(10 * LIMIT)]

    assert await (await server.connect()).ask() == b"200"
    assert [await one.status() for one in silent[: 1 - LIMIT]] == [CLOSED] * (9 * LIMIT + 1)


@pytest.mark.parametrize(("path", "length"), [("/slow", 0), ("/read", 10)])
async def test_a_slow_request_keeps_no_other_out(server: LimitedServer, path: str, length: int) -> None:
    for _ in range(2 * LIMIT):
        (await server.connect()).send(path, length=length)
        await server.begun.acquire()

    assert await (await server.connect()).ask() == b"200"


async def test_one_that_is_kept_stays_and_gives_way_afterwards(server: LimitedServer) -> None:
    kept = await server.connect()
    kept.send("/keep")
    await server.begun.acquire()
    for _ in range(2 * LIMIT):
        assert await (await server.connect()).ask() == b"200"
    server.end.set()
    assert await kept.status() == b"200"

    for _ in range(LIMIT):
        assert await (await server.connect()).ask() == b"200"
    assert await kept.status() == CLOSED


async def test_who_has_gone_is_not_counted(server: LimitedServer) -> None:
    for path in ("/", "/slow", "/keep"):
        for _ in range(2 * LIMIT):
            client = await server.connect()
            client.send(path)
            await (client.status() if path == "/" else server.begun.acquire())
            client.writer.transport.abort()
            await until(lambda: server.limiter.closable_count + server.limiter.kept_count == 0)
    server.end.set()
    stays = await server.connect()
    assert await stays.ask() == await stays.ask() == b"200"

    assert (server.limiter.closable_count, server.limiter.kept_count) == (1, 0)


async def test_a_flood_makes_room_by_itself_once_there_is_none(server: LimitedServer) -> None:
    first, second = await server.connect(), await server.connect()
    assert await first.ask("/refuse") == await second.ask("/refuse") == await first.ask("/refuse") == b"429"

    third = await server.connect()
    assert await third.ask() == b"200"
    assert await first.ask("/refuse") == b"429"
    assert await first.status() == CLOSED
    assert await second.ask("/refuse") == b"429" == await second.ask("/refuse")
    assert await third.ask() == b"200"


async def test_who_does_not_read_is_not_waited_for(server: LimitedServer) -> None:
    unread = await server.connect()
    unread.send("/large")
    await server.begun.acquire()
    for _ in range(LIMIT):
        assert await (await server.connect()).ask() == b"200"
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):
            while data := await unread.reader.read(LARGE):
                unread.received += len(data)

    assert unread.received < LARGE
