"""Receivers that send without end, and how early they are cut off."""

import asyncio
import time

import pytest

from bridge.webhooks.outcome import DeliveryOutcome
from tests.bridge.webhooks.sending import raw, send

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
    assert outcome.status is None and not outcome.detail.startswith("no complete response within")
    assert time.monotonic() - began < 5
    assert sent < 32 * 1024 * 1024, "what the kernel holds in between, and no more"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("answers before the answer", "sent more than one response"),
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
        assert await send(url) == DeliveryOutcome(status=None, detail=words)


async def test_an_answer_before_the_answer_is_no_answer() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EARLY * 3 + b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    async with raw(speak) as url:
        assert await send(url) == DeliveryOutcome(status=204, detail="HTTP 204")


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
