"""One delivery attempt: what a receiver gets, and every way in which a receiver can misbehave."""

import asyncio
import gzip
import socket
import time
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from multidict import CIMultiDictProxy

from bridge.webhooks.guard import Guard
from bridge.webhooks.outcome import DeliveryOutcome
from bridge.webhooks.sender import Sender
from tests.bridge.webhooks.sending import LOCAL, Names, raw, receiver, send
from tests.waiting import pause


async def test_the_receiver_gets_the_body_as_it_was_signed() -> None:
    seen: list[tuple[str, bytes, CIMultiDictProxy[str]]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, await request.read(), request.headers))
        return web.Response(status=204)

    async with receiver(answer) as url:
        outcome = await send(url)

    assert outcome == DeliveryOutcome(status=204, detail="HTTP 204") and outcome.delivered
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


async def test_m078_a_redirect_is_a_failure_and_is_not_followed() -> None:
    visited: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response(status=302, headers={"Location": "http://127.0.0.1/elsewhere"})

    async with receiver(answer) as url:
        outcome = await send(url)
    assert not outcome.delivered
    assert visited == ["/hook"]


MOVED = "redirects are not followed; if the endpoint has moved, PATCH the endpoint's url (or name another callback): "
CLOSED_TO_US = "redirects are not followed, and the target of this one is not allowed for webhooks: "


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://new.example.com/hook", MOVED + "https://new.example.com/hook"),
        ("https://new.example.com/hook?token=hush", MOVED + "https://new.example.com/hook?…"),
        ("//new.example.com/hook", CLOSED_TO_US + "http://new.example.com/hook (the url must start with https://)"),
        ("/other", MOVED + "http://127.0.0.1:{port}/other"),
        ("https://10.0.0.1/", CLOSED_TO_US + "https://10.0.0.1/ (the url resolves to an address that is not on the"),
        (
            "https://me:hush@new.example.com/",
            CLOSED_TO_US + "https://new.example.com/ (the url must not contain a user",
        ),
        ("https://[::1/", "redirects are not followed, and the target of this one is not a valid URL"),
        ("https://new.example.com/\u202egnp", CLOSED_TO_US + "https://new.example.com/gnp (the url must not contain"),
    ],
)
async def test_a_redirect_names_its_target_and_what_to_do(status: int, location: str, words: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="Moved.", headers={"Location": location})

    async with receiver(answer) as url:
        outcome = await send(url)

    assert outcome.detail.startswith(f"HTTP {status}: " + words.format(port=url.split(":")[2].split("/")[0]))
    assert "hush" not in outcome.detail


async def test_a_redirect_without_a_target_is_like_any_other_refusal() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=304, headers={"Location": "https://new.example.com/"})

    async with receiver(answer) as url:
        assert (await send(url)).detail == "HTTP 304"


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
    "later", ["Fri, 01 Jan 1999 00:02:00 GMT", "Friday, 01-Jan-99 00:02:00 GMT", "Fri Jan  1 00:02:00 1999"]
)
async def test_retry_after_may_be_a_date_in_each_of_the_three_formats(later: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Date": "Fri, 01 Jan 1999 00:00:00 GMT", "Retry-After": later})

    async with receiver(answer) as url:
        assert (await send(url)).retry_after == 120


@pytest.mark.parametrize("date", [None, "today"])
@pytest.mark.parametrize(("year", "seconds"), [(2999, 3600.0), (1999, 0.0)])
async def test_without_a_readable_date_of_the_receiver_its_retry_after_counts_by_our_clock(
    date: str | None, year: int, seconds: float
) -> None:
    """aiohttp's server always sends a Date, so the receiver is a plain TCP server."""
    sent = f"Date: {date}\r\n" if date else ""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'{"a": 1}')
        head = f"HTTP/1.1 503 Busy\r\n{sent}Retry-After: Tue, 01 Jan {year} 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()

    async with raw(speak) as url:
        assert (await send(url)).retry_after == seconds


@pytest.mark.parametrize(
    "date", ["Fri, 01 Jan 99999999999999999999 00:00:00 GMT", "Fri, 01 Jan 1999 00:00 +" + "9" * 19]
)
async def test_a_date_beyond_all_dates_asks_for_nothing_and_the_answer_counts(date: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Date": "Fri, 01 Jan 1999 00:00:00 GMT", "Retry-After": date})

    async with receiver(answer) as url:
        assert await send(url) == DeliveryOutcome(status=204, detail="HTTP 204")


async def test_m077_an_answer_that_drips_is_cut() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await pause(0.05)

    async with receiver(answer) as url:
        began = time.monotonic()
        outcome = await send(url, seconds=0.5)
    assert outcome.status is None and outcome.detail.startswith("no complete response within")
    assert 0.5 <= time.monotonic() - began < 2


async def test_m077_headers_that_never_end_are_cut() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: 1\r\n")
            await writer.drain()
            await pause(0.02)

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
    """The caller limits the number of concurrent attempts."""
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


async def test_m077_nothing_is_inflated() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with receiver(answer) as url:
        outcome = await send(url)
    assert outcome.delivered
    assert "0000" not in outcome.detail


CLOSED, NO_HTTP = "closed the connection without a response", "its response is not valid HTTP"


@pytest.mark.parametrize(
    ("bytes_", "words"),
    [
        (b"", CLOSED),
        (b"nonsense\r\n\r\n", NO_HTTP),
        (b"HTTP/1.1 999999 X\r\n\r\n", NO_HTTP),
        (b"\xff" * 100, NO_HTTP),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "closed the connection in the middle of its response"),
    ],
)
async def test_what_is_no_answer_is_a_failure_in_words(bytes_: bytes, words: str) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'{"a": 1}')
        writer.write(bytes_)
        await writer.drain()
        writer.close()

    async with raw(speak) as url:
        assert await send(url) == DeliveryOutcome(status=None, detail=words)


async def test_a_port_without_a_listener() -> None:
    outcome = await send("http://127.0.0.1:1/?token=hush")

    assert outcome == DeliveryOutcome(status=None, detail="could not connect: connection refused")


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

    assert outcome == DeliveryOutcome(status=None, detail=words)


async def test_who_does_not_speak_tls_hears_of_it() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with raw(speak) as url:
        outcome = await send(url.replace("http:", "https:"))
    assert outcome == DeliveryOutcome(status=None, detail="could not connect: TLS handshake failed")


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

    assert names.queries == ["hooks.example.com"]
    assert outcome.detail == "refused: 127.0.0.1 is not an address that webhooks may reach"
    assert not connected.is_set()
