"""A receiver on this machine: remembers every call, checks it as a stranger would, and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy
from standardwebhooks import Webhook


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as it came."""

    path: str
    headers: CIMultiDictProxy[str]
    body: bytes
    caller: int  # the port it came from

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What the public package makes of it; raises when the signature is not good."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass(kw_only=True)
class Receiver:
    """Answers with `status`, or, for a path, with what `said` holds for it; `gate` keeps an answer back."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    slow: str = "/slow"  # the path that the gate is before
    calls: list[Call] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    def at(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def answer(self, request: web.Request) -> web.Response:
        caller: int = request.get_extra_info("peername")[1]
        self.calls.append(Call(path=request.path, headers=request.headers, body=await request.read(), caller=caller))
        if self.gate is not None and request.path == self.slow:
            self.open += 1
            self.most_open = max(self.open, self.most_open)
            await self.gate.wait()
            self.open -= 1
        return web.Response(status=self.status, headers=self.headers)

    async def until(self, number: int, *, at: str | None = None) -> None:
        """Return as soon as so many calls came."""
        async with asyncio.timeout(20):
            while len(self.calls if at is None else self.at(at)) < number:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def receiver(*, port: int = 0) -> AsyncIterator[Receiver]:
    told = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", told.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        told.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield told
    finally:
        await runner.cleanup()
