"""A server between a client and the bridge, at which a test may answer, delay or cut off single requests."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from tests.scenarios.program import Program


@dataclass
class Gate:
    """Passes requests on to the first replica, unless `on_request` has answered them."""

    dev: Program
    on_request: Callable[[web.Request], Awaitable[web.Response | None]]
    url: str = ""

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """What the bridge responds, unless `on_request` does."""
        if (instead := await self.on_request(request)) is not None:
            return instead
        return await self.bridge(request)

    async def bridge(self, request: web.Request) -> web.Response:
        """What the bridge responds."""
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")}
        url = self.dev.bridge(0) + request.path_qs
        async with self.dev.http.request(
            request.method, url, data=await request.read() or None, headers=headers
        ) as response:
            body = await response.read()
            return web.Response(status=response.status, body=body, content_type=response.content_type)


@contextlib.asynccontextmanager
async def gate(
    dev: Program, on_request: Callable[[web.Request], Awaitable[web.Response | None]]
) -> AsyncIterator[Gate]:
    standing = Gate(dev, on_request)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", standing.forward)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        standing.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield standing
    finally:
        await runner.cleanup()
