"""A TCP proxy in front of PostgreSQL that simulates network faults: cut connections, lost replies, silence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import Self
from urllib.parse import urlsplit

_CHUNK = 65536


class Weather(Enum):
    """The state of the simulated network: which bytes the proxy passes on."""

    FAIR = auto()  # bytes pass in both directions
    REPLIES_LOST = auto()  # the server receives everything, the client nothing
    BLACK_HOLE = auto()  # all bytes are dropped, and the connections stay open


class Proxy:
    """Listens on a loopback port and connects each client to one server. `weather` may be changed at any time."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._links: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._lost = asyncio.Event()
        self.weather = Weather.FAIR
        self.accepted = 0

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self.cut()

    async def refuse(self) -> None:
        """Refuse new connections, and break those that exist."""
        assert self._server is not None
        self._server.close()
        await self.cut()

    def lose_replies(self) -> None:
        """From now on the server receives requests, but its replies are dropped."""
        self._lost.clear()
        self.weather = Weather.REPLIES_LOST

    async def lost_a_reply(self) -> None:
        """Wait until a reply of the server was dropped."""
        await self._lost.wait()

    async def cut(self) -> None:
        """Cut every existing connection; new ones are handled as `weather` says."""
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        self.accepted += 1
        try:
            with contextlib.suppress(asyncio.CancelledError, OSError):  # errors of a connection that was cut
                await self._link(reader, writer)
        finally:
            writer.transport.abort()
            self._links.discard(link)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        try:
            async with asyncio.TaskGroup() as directions:
                requests = directions.create_task(self._pass(reader, server_writer, is_reply=False))
                replies = directions.create_task(self._pass(server_reader, writer, is_reply=True))
                await asyncio.wait({requests, replies}, return_when=asyncio.FIRST_COMPLETED)
                requests.cancel()
                replies.cancel()
        finally:
            server_writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.weather is Weather.BLACK_HOLE:
                    continue
                if self.weather is Weather.REPLIES_LOST and is_reply:
                    self._lost.set()
                    continue
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def before(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Run a proxy in front of the server of this address; yields the proxy and the address through it."""
    parts = urlsplit(dsn)
    assert parts.hostname and parts.port
    async with Proxy(host=parts.hostname, port=parts.port) as proxy:
        through = parts.netloc.replace(f":{parts.port}", f":{proxy.port}")
        yield proxy, parts._replace(netloc=through).geturl()
