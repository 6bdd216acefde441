"""A webhook receiver on this machine: records every call, verifies signatures, and responds as a test sets it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy
from standardwebhooks import Webhook

from tests.waiting import until


@dataclass(frozen=True, kw_only=True)
class Call:
    """One received call."""

    path: str
    headers: CIMultiDictProxy[str]
    body: bytes
    caller: int  # the port of the caller

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body as the public package `standardwebhooks` returns it; raises if the signature is wrong."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass(kw_only=True)
class Receiver:
    """Responds with `status` and `headers`; on the path `slow` only once `gate` is set."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    slow: str = "/slow"  # the path whose responses wait for `gate`
    calls: list[Call] = field(default_factory=list)
    open: int = 0
    max_open: int = 0

    def at(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def answer(self, request: web.Request) -> web.Response:
        caller: int = request.get_extra_info("peername")[1]
        self.calls.append(Call(path=request.path, headers=request.headers, body=await request.read(), caller=caller))
        if self.gate is not None and request.path == self.slow:
            self.open += 1
            self.max_open = max(self.open, self.max_open)
            await self.gate.wait()
            self.open -= 1
        return web.Response(status=self.status, headers=self.headers)

    async def until(self, number: int, *, at: str | None = None) -> None:
        """Return once so many calls were received, on this path if `at` is given."""
        await until(lambda: len(self.calls if at is None else self.at(at)) >= number)


@asynccontextmanager
async def receiver(*, port: int = 0) -> AsyncIterator[Receiver]:
    started = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", started.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        started.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield started
    finally:
        await runner.cleanup()
