"""The HTTP servers of a replica: the API and Slack's route at one address, metrics at another, private address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from aiohttp import web

from bridge import http_connection
from bridge.connection_limit import ConnectionLimiter, TcpConnection
from bridge.http_connection import TAKE_SECONDS, ConnectionFaults, HttpConnection
from bridge.server import metrics_endpoint
from bridge.server.config import Settings
from bridge.server.metrics_endpoint import MetricsEndpoint

DRAIN_SECONDS = 10.0  # for requests in progress when the replica stops
_BEGIN_SECONDS = 0.1  # for requests on the last connections to begin
_TURNS = 2  # iterations of the event loop: one accepts connections, the next creates their protocols
_BACKLOG = 128  # connections that one iteration accepts; `bridge.server.fd_limit` reserves as many


class CannotListen(Exception):
    """An address cannot be listened on; the cause says why.

    `setting` is the common prefix of the names of the two settings, host and port.
    """

    def __init__(self, *, host: str, port: int, setting: str) -> None:
        super().__init__(setting)
        self.host, self.port, self.setting = host, port, setting


@contextlib.asynccontextmanager
async def public(
    web_app: web.Application,
    settings: Settings,
    limiter: ConnectionLimiter,
    faults: ConnectionFaults | None = None,
    *,
    take_seconds: float = TAKE_SECONDS,
) -> AsyncIterator[str]:
    """Serve agents' and Slack's requests; yields the URL. Raises CannotListen.

    `limiter.attend` must be a middleware of the application. A client has `take_seconds` to take what was sent to it.
    """
    host, port = settings.host, settings.port
    connection = partial(TcpConnection, limiter, faults or ConnectionFaults(), take_seconds=take_seconds)
    async with _listening(web_app, connection, host=host, port=port, setting="ASKBRIDGE_") as url:
        yield url


@contextlib.asynccontextmanager
async def metrics(endpoint: MetricsEndpoint, settings: Settings, faults: ConnectionFaults) -> AsyncIterator[str | None]:
    """Serve metrics if ASKBRIDGE_METRICS_PORT is set; yields the URL, or None. Raises CannotListen.

    Counters count in either case.
    """
    if settings.metrics_port is None:
        yield None
        return
    web_app = web.Application()
    web_app.on_response_prepare.append(http_connection.hide_software)
    web_app.add_routes(endpoint.routes())
    host, port = settings.metrics_host, settings.metrics_port
    connection = partial(HttpConnection, faults)
    async with _listening(web_app, connection, host=host, port=port, setting="ASKBRIDGE_METRICS_") as url:
        lag = asyncio.create_task(endpoint.measure_lag(), name="lag")
        try:
            yield f"{url}{metrics_endpoint.PATH}"
        finally:
            lag.cancel()


@contextlib.asynccontextmanager
async def _listening(
    web_app: web.Application, connection: Callable[..., HttpConnection], *, host: str, port: int, setting: str
) -> AsyncIterator[str]:
    # Bodies are not decompressed here: the API refuses a compressed body with a problem before it is inflated.
    options: dict[str, Any] = {"access_log": None, "auto_decompress": False}
    web_runner = web.AppRunner(web_app, shutdown_timeout=DRAIN_SECONDS, handler_cancellation=False, **options)
    await web_runner.setup()
    listener: asyncio.Server | None = None
    try:
        if (server := web_runner.server) is None:
            raise RuntimeError("the application was not set up")
        protocol = partial(connection, server, **options)
        try:
            listener = await asyncio.get_running_loop().create_server(protocol, host, port, backlog=_BACKLOG)
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
    """Accept no more connections, and let the requests on the accepted ones begin.

    Without this, asyncio drops a connection that is accepted but has no protocol yet, and aiohttp drops a connection
    whose request has not begun, and then waits for that request in vain.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    for listening_socket in listener.sockets:
        asyncio.get_running_loop().remove_reader(listening_socket)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    listener.close()
    await asyncio.sleep(_BEGIN_SECONDS)
