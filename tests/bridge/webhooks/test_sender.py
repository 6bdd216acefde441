"""One attempt: what a receiver gets, and everything a receiver can do to us."""

import asyncio
import contextlib
import gzip
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDictProxy

from bridge.webhooks.guard import Guard
from bridge.webhooks.sender import Outcome, Sender

Speak: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOCAL = Guard.read("127.0.0.0/8,::1/128")


@asynccontextmanager
async def receiver(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A receiver that answers so; its address."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/hook"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(speak: Speak) -> AsyncIterator[str]:
    """A receiver below HTTP."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await speak(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await asyncio.wait_for(asyncio.gather(*talks), 5)


async def send(
    url: str, *, guard: Guard = LOCAL, seconds: float = 5.0, resolver: AbstractResolver | None = None
) -> Outcome:
    sender = Sender(guard, agent="askbridge test", seconds=seconds, resolver=resolver)
    try:
        return await sender.send(url, body=b'{"a": 1}', headers={"webhook-id": "evt_1"})
    finally:
        await sender.aclose()


@dataclass
class Names(AbstractResolver):
    """A resolver whose names mean what it is told, one answer after the other."""

    answers: list[str]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host,
                "host": found,
                "port": port,
                "family": socket.AF_INET6 if ":" in found else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        pass


async def test_the_receiver_gets_the_body_as_it_was_signed() -> None:
    seen: list[tuple[str, bytes, CIMultiDictProxy[str]]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, await request.read(), request.headers))
        return web.Response(status=204)

    async with receiver(answer) as url:
        outcome = await send(url)

    assert outcome == Outcome(status=204, detail="HTTP 204") and outcome.delivered
    ((method, body, headers),) = seen
    assert (method, body) == ("POST", b'{"a": 1}')
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "evt_1"
    assert headers["user-agent"] == "askbridge test"
    assert headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("status", "delivered", "gone"), [(200, 1, 0), (299, 1, 0), (301, 0, 0), (404, 0, 0), (410, 0, 1), (500, 0, 0)]
)
async def test_only_2xx_is_delivered_and_410_is_goodbye(status: int, delivered: int, gone: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="because\x1b[2J of   this")

    async with receiver(answer) as url:
        outcome = await send(url)
    assert (outcome.delivered, outcome.gone) == (status < 300, status == 410)
    assert outcome.detail == f"HTTP {status}: because[2J of this"


async def test_m078_a_redirect_is_a_failure_and_nobody_follows_it() -> None:
    visited: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response(status=302, headers={"Location": "http://127.0.0.1/elsewhere"})

    async with receiver(answer) as url:
        outcome = await send(url)
    assert not outcome.delivered
    assert visited == ["/hook"]


async def test_m078_variables_for_a_proxy_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    async with receiver(answer) as url:
        assert (await send(url)).delivered


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("31536000", 3600.0), ("9" * 400, 3600.0), ("soon", None), ("-5", None), ("٣", None)],
    ids=lambda value: str(value)[:10],
)
async def test_m080_retry_after_is_honoured_up_to_an_hour(header: str, seconds: float | None) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": header})

    async with receiver(answer) as url:
        assert (await send(url)).retry_after == seconds


async def test_m080_retry_after_may_be_a_date_by_the_receivers_own_clock() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            status=429,
            headers={"Date": "Fri, 01 Jan 1999 00:00:00 GMT", "Retry-After": "Fri, 01 Jan 1999 00:02:00 GMT"},
        )

    async with receiver(answer) as url:
        assert (await send(url)).retry_after == 120


@pytest.mark.parametrize(
    "date", ["Fri, 01 Jan 99999999999999999999 00:00:00 GMT", "Fri, 01 Jan 1999 00:00 +" + "9" * 19]
)
async def test_a_date_beyond_all_dates_asks_for_nothing_and_the_answer_counts(date: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Date": "Fri, 01 Jan 1999 00:00:00 GMT", "Retry-After": date})

    async with receiver(answer) as url:
        assert await send(url) == Outcome(status=204, detail="HTTP 204")


async def test_m077_an_answer_that_drips_is_cut() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.05)

    async with receiver(answer) as url:
        began = time.monotonic()
        outcome = await send(url, seconds=0.5)
    assert outcome.status is None and outcome.detail.startswith("no whole answer within")
    assert 0.5 <= time.monotonic() - began < 2


async def test_m077_headers_that_never_end_are_cut() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw(speak) as url:
        assert (await send(url, seconds=0.5)).status is None


async def test_m077_no_more_than_64_kib_of_an_answer_are_read() -> None:
    written = 0
    cut = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(4096):
                await response.write(b"x" * 65536)
                written += 65536
        except ConnectionError:
            cut.set()
            raise
        return response

    async with receiver(answer) as url:
        outcome = await send(url)
        async with asyncio.timeout(5):
            await cut.wait()
    assert outcome.delivered and len(outcome.detail) < 600
    assert written < 64 * 1024 * 1024, "what the kernel holds in between, and no more"


async def test_no_attempt_waits_until_another_has_ended() -> None:
    """How many there are at once is bounded by whoever begins them."""
    hanging, opened = asyncio.Event(), asyncio.Semaphore(0)

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/slow":
            opened.release()
            await hanging.wait()
        return web.Response(status=204)

    sender = Sender(LOCAL, agent="askbridge test", seconds=20)
    async with receiver(answer) as url, aclosing(sender):
        slow = [asyncio.create_task(sender.send(f"{url}/../slow", body=b"{}", headers={})) for _ in range(110)]
        async with asyncio.timeout(10):
            for _ in slow:
                await opened.acquire()
        assert (await asyncio.wait_for(sender.send(url, body=b"{}", headers={}), 5)).delivered
        hanging.set()
        assert all([(await task).delivered for task in slow])


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "answers before the answer": (b"", EARLY * 500),
    "headers of one answer": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 2_000),
    "an extension of a chunk": (CHUNKED + b"1;", b"a" * 65_536),
    "chunks of one byte": (CHUNKED, b"1\r\na\r\n" * 3_000),
    "headers after the body": (CHUNKED + b"0\r\n", b"a: b\r\n" * 2_000),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_m077_whatever_a_receiver_sends_without_end_is_cut_after_some_kib(what: str) -> None:
    begin, more = ENDLESS[what]
    sent = 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begin)
        while True:
            writer.write(more)
            await writer.drain()
            sent += len(more)

    async with raw(speak) as url:
        began = time.monotonic()
        outcome = await send(url, seconds=10)
    assert outcome.status is None and not outcome.detail.startswith("no whole answer within")
    assert time.monotonic() - began < 5
    assert sent < 32 * 1024 * 1024, "what the kernel holds in between, and no more"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("answers before the answer", "answered with one answer after the other"),
        ("an extension of a chunk", "answered with more than 96 KiB"),
        ("chunks of one byte", "answered with more than 96 KiB"),
    ],
)
async def test_m077_who_asks_hears_that_it_was_too_much(what: str, words: str) -> None:
    begin, more = ENDLESS[what]

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begin + more * 10)
        await writer.drain()
        await reader.read()

    async with raw(speak) as url:
        assert await send(url) == Outcome(status=None, detail=words)


async def test_an_answer_before_the_answer_is_no_answer() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EARLY * 3 + b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    async with raw(speak) as url:
        assert await send(url) == Outcome(status=204, detail="HTTP 204")


@pytest.mark.parametrize("status", [200, 500])
async def test_m077_the_beginning_of_a_long_body_is_kept(status: int) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 9000000\r\n\r\n" % status + b"sorry " * 100_000)
        await writer.drain()
        await reader.read()

    async with raw(speak) as url:
        outcome = await send(url)
    assert outcome.status == status and outcome.detail.startswith(f"HTTP {status}: sorry sorry")


async def test_m077_nothing_is_inflated() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with receiver(answer) as url:
        outcome = await send(url)
    assert outcome.delivered
    assert "0000" not in outcome.detail


CLOSED, NO_HTTP = "closed the connection without an answer", "what it answered is not HTTP"


@pytest.mark.parametrize(
    ("bytes_", "words"),
    [
        (b"", CLOSED),
        (b"nonsense\r\n\r\n", NO_HTTP),
        (b"HTTP/1.1 999999 X\r\n\r\n", NO_HTTP),
        (b"\xff" * 100, NO_HTTP),
        (EARLY, CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "closed the connection in the middle of its answer"),
    ],
)
async def test_what_is_no_answer_is_a_failure_in_words(bytes_: bytes, words: str) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'{"a": 1}')
        writer.write(bytes_)
        await writer.drain()
        writer.close()

    async with raw(speak) as url:
        assert await send(url) == Outcome(status=None, detail=words)


async def test_nobody_listens() -> None:
    outcome = await send("http://127.0.0.1:1/?token=hush")

    assert outcome == Outcome(status=None, detail="could not connect: nobody listens there")


@dataclass
class Nameless(Names):
    """A resolver that finds nothing."""

    code: int = 0

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise socket.gaierror(self.code, f"{host} {port} {family}")


@pytest.mark.parametrize(
    ("code", "words"),
    [(socket.EAI_NONAME, "its name is not known"), (socket.EAI_AGAIN, "its name could not be looked up")],
)
async def test_a_name_that_is_not_found_is_told_apart(code: int, words: str) -> None:
    outcome = await send("https://hooks.example.com/?token=hush", resolver=Nameless([], code=code))

    assert outcome == Outcome(status=None, detail=words)


async def test_who_does_not_speak_tls_hears_of_it() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with raw(speak) as url:
        outcome = await send(url.replace("http:", "https:"))
    assert outcome == Outcome(status=None, detail="could not connect: it does not speak TLS as it should")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "127.1", "0x7f.0.0.1", "①②⑦.0.0.1"]
)
async def test_m079_what_the_guard_refuses_is_never_connected_to(host: str) -> None:
    connected = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        connected.set()
        return web.Response()

    async with receiver(answer) as url:
        outcome = await send(url.replace("127.0.0.1", host), guard=Guard())
    assert outcome.status is None and not connected.is_set()


async def test_m079_a_name_that_rebinds_is_judged_by_what_it_means_now() -> None:
    connected = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        connected.set()
        return web.Response()

    async with receiver(answer) as url:
        names = Names(["127.0.0.1"])
        outcome = await send(url.replace("127.0.0.1", "hooks.example.com"), guard=Guard(), resolver=names)

    assert names.asked == ["hooks.example.com"]
    assert outcome.detail == "refused: 127.0.0.1 is not an address that webhooks may reach"
    assert not connected.is_set()
