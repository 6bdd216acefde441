"""Where a replica listens: its doors at one address, and its metrics at another, which no balancer shows to anybody."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from aiohttp import web

from bridge.connection_limit import ConnectionLimiter, TcpConnection
from bridge.server import metrics_endpoint
from bridge.server.config import Settings
from bridge.server.metrics_endpoint import MetricsEndpoint

DRAIN_SECONDS = 10.0  # for answers in hand
_BEGIN_SECONDS = 0.1  # for requests on the last connections
_TURNS = 2  # of the loop, in which it sees who has connected, and again in which their connections are made
_BACKLOG = 128  # connections that are accepted in one go; `bridge.descriptors` keeps as many back


class CannotListen(Exception):
    """An address is not to be had; the cause says why. `setting` is what the names of its two settings begin with."""

    def __init__(self, *, host: str, port: int, setting: str) -> None:
        super().__init__(setting)
        self.host, self.port, self.setting = host, port, setting


@contextlib.asynccontextmanager
async def doors(web_app: web.Application, settings: Settings, limiter: ConnectionLimiter) -> AsyncIterator[str]:
    """Serve agents and people; where. `crowd.attend` is a middleware of the application. Raises CannotListen."""
    host, port = settings.host, settings.port
    async with _listening(web_app, limiter, host=host, port=port, setting="ASKBRIDGE_") as url:
        yield url


@contextlib.asynccontextmanager
async def metrics(shown: MetricsEndpoint, settings: Settings) -> AsyncIterator[str | None]:
    """Serve the metrics, if they are wanted; where. Unwanted, they cost their counting. Raises CannotListen."""
    if settings.metrics_port is None:
        yield None
        return
    web_app = web.Application()
    web_app.add_routes(shown.routes())
    host, port = settings.metrics_host, settings.metrics_port
    async with _listening(web_app, None, host=host, port=port, setting="ASKBRIDGE_METRICS_") as url:
        lag = asyncio.create_task(shown.measure_lag(), name="lag")
        try:
            yield f"{url}{metrics_endpoint.PATH}"
        finally:
            lag.cancel()


@contextlib.asynccontextmanager
async def _listening(
    web_app: web.Application, limiter: ConnectionLimiter | None, *, host: str, port: int, setting: str
) -> AsyncIterator[str]:
    # Bodies come as they are: a compressed one is refused in words, before anything is inflated.
    options: dict[str, Any] = {"access_log": None, "auto_decompress": False}
    web_runner = web.AppRunner(web_app, shutdown_timeout=DRAIN_SECONDS, handler_cancellation=False, **options)
    await web_runner.setup()
    listener: asyncio.Server | None = None
    try:
        if (server := web_runner.server) is None:
            raise RuntimeError("the application was not set up")
        connection = server if limiter is None else partial(TcpConnection, limiter, server, **options)
        try:
            listener = await asyncio.get_running_loop().create_server(connection, host, port, backlog=_BACKLOG)
        except OSError as error:
            raise CannotListen(host=host, port=port, setting=setting) from error
        host, port = listener.sockets[0].getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        try:
            if listener is not None:
                await _close(listener)
        finally:
            await web_runner.cleanup()


async def _close(listener: asyncio.Server) -> None:
    """Let nobody in any more, but have the requests begin of whoever has connected.

    asyncio drops a connection that it has accepted and not made yet, and aiohttp one that is made and not begun, which
    it then waits for in vain.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    for listening in listener.sockets:
        asyncio.get_running_loop().remove_reader(listening)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    listener.close()
    await asyncio.sleep(_BEGIN_SECONDS)
