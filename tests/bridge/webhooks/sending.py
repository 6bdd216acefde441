"""Makes one delivery attempt: to HTTP receivers, to raw TCP servers, and to names with given addresses."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bridge.webhooks.guard import Guard
from bridge.webhooks.outcome import DeliveryOutcome
from bridge.webhooks.sender import Sender

Speak: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOCAL = Guard.read("127.0.0.0/8,::1/128")


@asynccontextmanager
async def receiver(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A receiver with this handler; yields its URL."""
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
    """A TCP server with this handler; yields its URL."""
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
) -> DeliveryOutcome:
    sender = Sender(guard, agent="askbridge test", seconds=seconds, resolver=resolver)
    try:
        return await sender.send(url, body=b'{"a": 1}', headers={"webhook-id": "evt_1"})
    finally:
        await sender.aclose()


@dataclass
class Names(AbstractResolver):
    """A resolver that returns these addresses one after the other, then the last one again."""

    answers: list[str]
    queries: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.queries.append(host)
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        pass
