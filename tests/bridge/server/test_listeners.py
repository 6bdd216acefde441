"""Closing the listeners: requests on the connections accepted last are answered."""

import asyncio
import socket
import time
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bridge.connection_limit import ConnectionLimiter
from bridge.server import listeners
from tests.bridge.server.test_startup_log import settings


def connected(url: str) -> socket.socket:
    """A client connection with a request, which the event loop has not accepted yet."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    client = socket.create_connection((parts.hostname, parts.port))
    client.sendall(b"GET / HTTP/1.1\r\nHost: bridge\r\n\r\n")
    return client


@pytest.mark.parametrize("turns", range(8))  # iterations of the event loop; the first accepts nothing
async def test_who_was_let_in_just_before_the_doors_closed_is_answered(turns: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    limiter = ConnectionLimiter(max_connections=8)
    app = web.Application(middlewares=[limiter.attend])
    app.router.add_get("/", answer)
    async with listeners.public(app, settings(port=0), limiter) as listener:
        client = connected(listener.url)
        for _ in range(turns):
            await asyncio.sleep(0)
        began = time.monotonic()

    with client:
        client.settimeout(1)
        assert client.recv(12) == b"HTTP/1.1 200"
    assert time.monotonic() - began < listeners.REQUEST_SECONDS / 2, "closing waited for a request that never began"
