"""Every cause of a failed request is described without the name of an exception."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bridge import network_errors


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[int]:
    """A server that sends these bytes and closes each connection; yields its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(words)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def told(url: str) -> str:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
        with pytest.raises((aiohttp.ClientError, TimeoutError, ValueError)) as raised:
            await (await http.get(url)).json()
    return network_errors.why(raised.value)


async def test_a_closed_port_refuses_the_connection() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert await told(f"http://127.0.0.1:{closed.getsockname()[1]}/") == "connection refused"


async def test_a_name_that_means_nothing_cannot_be_resolved() -> None:
    assert await told("http://nothing.invalid/") == "its name cannot be resolved"


async def test_what_is_no_address_is_said_to_be_none() -> None:
    assert await told("http://") == "that is not an address"


async def test_a_server_that_hangs_up_or_speaks_otherwise_is_told_apart() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
    async with saying(b"") as silent, saying(page) as other:
        assert await told(f"http://127.0.0.1:{silent}/") == "it closed the connection"
        assert await told(f"http://127.0.0.1:{other}/") == "the server there is not the expected one"
        assert await told(f"https://127.0.0.1:{other}/") == "it offers no matching TLS version"


def test_timeouts_and_unknown_errors_have_words_too() -> None:
    assert network_errors.why(aiohttp.ConnectionTimeoutError()) == "it did not respond in time"
    assert network_errors.why(OSError("Multiple exceptions: …")) == "the connection failed"
