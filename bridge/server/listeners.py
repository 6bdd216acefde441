"""The HTTP servers of a replica: the API and Slack's route at one address, metrics at another, private address."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from bridge import http_connection
from bridge.connection_limit import ConnectionLimiter, TcpConnection
from bridge.http_connection import TAKE_SECONDS, ConnectionFaults, HttpConnection
from bridge.server import metrics_endpoint
from bridge.server.config import Settings
from bridge.server.metrics_endpoint import MetricsEndpoint

REQUEST_SECONDS = 3.0  # for requests in progress when the replica stops; Slack waits no longer for an answer
_BEGIN_SECONDS = 0.1  # for requests on the last connections to begin
_TURNS = 2  # iterations of the event loop: one accepts connections, the next creates their protocols
_IDLE_SECONDS = 3600.0  # longer than balancers keep a connection: who closes it first must not be who is sent requests
_BACKLOG = 128  # connections that one iteration accepts; `bridge.server.fd_limit` reserves as many


class CannotListen(Exception):
    """An address cannot be listened on; the cause says why.

    `setting` is the common prefix of the names of the two settings, host and port.
    """

    def __init__(self, *, host: str, port: int, setting: str) -> None:
        super().__init__(setting)
        self.host, self.port, self.setting = host, port, setting


@dataclass(slots=True)
class Listener:
    """A server that listens; `close` ends the listening and leaves the connections as they are."""

    url: str
    _server: asyncio.Server
    _protocol: Callable[[], asyncio.Protocol]

    async def close(self) -> None:
        """Accept no more connections, and let the requests on the accepted ones begin; a second call does nothing.

        Without this, the kernel drops a connection that was not accepted, asyncio drops one that is accepted and has
        no protocol yet, and aiohttp drops one whose request has not begun, and then waits for that request in vain.
        """
        loop = asyncio.get_running_loop()
        if not self._server.is_serving():
            return
        for listening in self._server.sockets:
            loop.remove_reader(listening)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        left = [client for listening in self._server.sockets for client in _accepted(listening)]
        self._server.close()  # at once: what comes in between is dropped by the kernel
        for client in left:
            await loop.connect_accepted_socket(self._protocol, client)
        await asyncio.sleep(_BEGIN_SECONDS)


def _accepted(listening: socket.socket) -> Iterator[socket.socket]:
    """The connections that nothing has accepted yet."""
    with listening.dup() as real, contextlib.suppress(OSError):
        while True:
            client, _ = real.accept()
            client.setblocking(False)
            yield client


@contextlib.asynccontextmanager
async def public(
    web_app: web.Application,
    settings: Settings,
    limiter: ConnectionLimiter,
    faults: ConnectionFaults | None = None,
    *,
    take_seconds: float = TAKE_SECONDS,
) -> AsyncIterator[Listener]:
    """Serve agents' and Slack's requests. Raises CannotListen.

    `limiter.attend` must be a middleware of the application. A client has `take_seconds` to take what was sent to it.
    """
    host, port = settings.host, settings.port
    connection = partial(TcpConnection, limiter, faults or ConnectionFaults(), take_seconds=take_seconds)
    async with _listening(web_app, connection, host=host, port=port, setting="ASKBRIDGE_") as listener:
        yield listener


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
    async with _listening(web_app, connection, host=host, port=port, setting="ASKBRIDGE_METRICS_") as listener:
        lag = asyncio.create_task(endpoint.measure_lag(), name="lag")
        try:
            yield f"{listener.url}{metrics_endpoint.PATH}"
        finally:
            lag.cancel()


@contextlib.asynccontextmanager
async def _listening(
    web_app: web.Application, connection: Callable[..., HttpConnection], *, host: str, port: int, setting: str
) -> AsyncIterator[Listener]:
    # Bodies are not decompressed here: the API refuses a compressed body with a problem before it is inflated.
    options: dict[str, Any] = {"access_log": None, "auto_decompress": False, "keepalive_timeout": _IDLE_SECONDS}
    web_runner = web.AppRunner(web_app, shutdown_timeout=REQUEST_SECONDS, handler_cancellation=False, **options)
    await web_runner.setup()
    listener: Listener | None = None
    try:
        if (server := web_runner.server) is None:
            raise RuntimeError("the application was not set up")
        protocol = partial(connection, server, **options)
        try:
            listening = await asyncio.get_running_loop().create_server(protocol, host, port, backlog=_BACKLOG)
        except OSError as error:
            raise CannotListen(host=host, port=port, setting=setting) from error
        host, port = listening.sockets[0].getsockname()[:2]
        listener = Listener(f"http://{f'[{host}]' if ':' in host else host}:{port}", listening, protocol)
        yield listener
    finally:
        try:
            if listener is not None:
                await listener.close()
        finally:
            await web_runner.cleanup()  # closes the idle connections
