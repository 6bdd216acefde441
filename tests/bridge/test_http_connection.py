"""Who sends no HTTP, and who does not read, on connections of a replica."""

import asyncio
import contextlib
import gc
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from weakref import WeakSet

import pytest
from aiohttp import web

from bridge import http_connection
from bridge.connection_limit import ConnectionLimiter
from bridge.http_connection import ConnectionFaults
from bridge.metrics import Metrics
from bridge.server import listeners
from tests.bridge.server.test_startup_log import settings
from tests.waiting import until

LARGE = 32 * 1024 * 1024  # bytes; more than any kernel takes for a client
LONG = b"a" * 20_000
MALFORMED = {
    "no HTTP": b"SECRET-WORD\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "no header": b"GET / HTTP/1.1\r\nHost: a\r\nSECRET-WORD\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + LONG + b"\r\n\r\n",
    "a long address": b"GET /" + LONG + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "no address": b"GET http://[::SECRET-WORD/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "no length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: SECRET-WORD\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no chunk": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nSECRET-WORD\r\n\r\n",
}


@dataclass(kw_only=True)
class Server:
    url: str = ""
    metrics: Metrics = field(default_factory=Metrics)
    limiter: ConnectionLimiter = field(default_factory=lambda: ConnectionLimiter(max_connections=100))
    kept: WeakSet[web.Response] = field(default_factory=WeakSet)  # large ones that are still in memory

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.url)
        return await asyncio.open_connection(parts.hostname, parts.port)

    async def exchange(self, raw: bytes) -> bytes:
        """Everything that is answered until the connection ends."""
        reader, writer = await self.connect()
        writer.write(raw)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return answer

    def counted(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(name)


@contextlib.asynccontextmanager
async def serving(*, take_seconds: float = 20.0) -> AsyncIterator[Server]:
    server = Server()

    async def root(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="here")

    async def large(_: web.Request) -> web.Response:
        response = web.Response(body=bytes(LARGE))
        server.kept.add(response)
        return response

    async def fails(_: web.Request) -> web.Response:
        raise ZeroDivisionError

    web_app = web.Application(middlewares=[server.limiter.attend])
    web_app.on_response_prepare.append(http_connection.hide_software)
    web_app.add_routes([web.route("*", "/", root), web.get("/large", large), web.get("/fails", fails)])
    faults = ConnectionFaults(server.metrics)
    options = settings(port=0)
    async with listeners.public(web_app, options, server.limiter, faults, take_seconds=take_seconds) as listener:
        server.url = listener.url
        yield server


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_http_is_one_short_counted_event_and_an_answer_that_tells_nothing(
    raw: bytes, log: io.StringIO
) -> None:
    async with serving() as server:
        answer = await server.exchange(raw)

        assert answer.startswith(b"HTTP/1.0 400 ")
        assert b"\r\nServer: askbridge\r\n" in answer
        for word in (b"aiohttp", b"ython", b"SECRET", b"aaaa"):
            assert word not in answer
        [line] = [json.loads(line) for line in log.getvalue().splitlines()]
        assert (line["event"], line["level"], line["number"], "where" in line) == ("http_malformed", "info", 1, False)
        assert "SECRET" not in log.getvalue() and len(log.getvalue()) < 300
        assert server.counted("askbridge_http_malformed_total") == 1


async def test_many_malformed_requests_are_counted_and_logged_by_the_minute(log: io.StringIO) -> None:
    async with serving() as server:
        for raw in [*MALFORMED.values()] * 3:
            await server.exchange(raw)

        assert server.counted("askbridge_http_malformed_total") == 3 * len(MALFORMED)
        assert len(log.getvalue().splitlines()) == 1
        assert b"200 OK" in await server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(("path", "status"), [("/", b"200"), ("/nothing", b"404"), ("/fails", b"500")])
async def test_no_answer_names_a_version(path: str, status: bytes, log: io.StringIO) -> None:
    async with serving() as server:
        answer = await server.exchange(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())

        assert answer[9:12] == status
        assert b"\r\nServer: askbridge\r\n" in answer and b"aiohttp" not in answer


async def test_who_does_not_read_an_answer_is_cut_and_nothing_of_it_is_left() -> None:
    async with serving(take_seconds=0.2) as server:
        silent = [await server.connect() for _ in range(8)]
        for _, writer in silent:
            writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")

        await until(lambda: server.limiter.closable_count == 0, within=10)

        assert server.counted("askbridge_responses_cut_total") == 8
        await until(lambda: gc.collect() >= 0 and not len(server.kept), within=10)
        for _, writer in silent:
            writer.transport.abort()


async def test_a_slow_reader_that_takes_the_whole_answer_in_time_is_not_cut() -> None:
    async with serving(take_seconds=10) as server:
        answer = await server.exchange(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        assert len(answer) > LARGE
        assert server.counted("askbridge_responses_cut_total") == 0


async def test_who_sends_request_after_request_and_reads_nothing_is_cut() -> None:
    async with serving(take_seconds=0.2) as server:
        reader, writer = await server.connect()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(20):
                while True:
                    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
                    await writer.drain()
        await until(lambda: server.limiter.closable_count == 0, within=10)

        assert server.counted("askbridge_responses_cut_total") == 1
        del reader
