"""Limits the TCP connections of a replica; at the limit, a new connection closes the one that was idle the longest.

A connection has no sender before its first request arrives: it may carry a click from Slack. So every new connection is
accepted, even while other clients connect and stay silent, send a body byte by byte, or exceed their rate limit. Two
kinds of connections are never closed: those with a request that stays open (`bridge.agents.limits.open_requests` keeps
them few enough that one connection can always be closed), and those of a click once its signature was verified.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from bridge.http_connection import ConnectionFaults, HttpConnection
from bridge.logs import Log

_log = Log("app")

_WARN_INTERVAL = 60.0  # seconds


class ConnectionLimiter:
    """The open connections of one replica, at most `max_connections`."""

    def __init__(self, *, max_connections: int) -> None:
        self._max_connections = max_connections
        # The connections that may be closed, the one that was idle the longest first.
        self._closable: OrderedDict[web.RequestHandler, asyncio.Transport] = OrderedDict()
        self._kept: dict[web.RequestHandler, tuple[asyncio.Transport, Callable[[], None]]] = {}
        self._warned_at = float("-inf")

    @property
    def closable_count(self) -> int:
        """How many open connections may be closed for a new one."""
        return len(self._closable)

    @property
    def kept_count(self) -> int:
        """How many open connections `keep` protects now."""
        return len(self._kept)

    @web.middleware
    async def attend(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Middleware that marks a connection as active when a request begins and when it ends.

        Must wrap the middleware that answers 429: at the limit, a connection is closed after its 429 response.
        """
        self._mark_active(request.protocol)
        response = await handler(request)
        self._mark_active(request.protocol)
        if self._is_full and response.status == HTTPStatus.TOO_MANY_REQUESTS:
            response.force_close()  # once the response is sent: clients over their rate limit free connections first
        return response

    @property
    def _is_full(self) -> bool:
        return len(self._closable) + len(self._kept) >= self._max_connections

    @contextlib.contextmanager
    def keep(self, request: web.Request, *, on_close: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Protect the connection of this request from being closed for a new one.

        `on_close` is called when the connection ends within the context.
        """
        connection = request.protocol
        if (transport := self._closable.pop(connection, None)) is not None:  # None: the connection has ended
            self._kept[connection] = transport, on_close
        try:
            yield
        finally:
            if (kept := self._kept.pop(connection, None)) is not None:
                self._closable[connection], _ = kept

    def add(self, connection: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a new connection; at the limit, close the one that was idle the longest."""
        if self._is_full and self._closable:
            self._warn()
            _, longest_idle = self._closable.popitem(last=False)
            longest_idle.abort()  # close() would wait for a client that does not read
        self._closable[connection] = transport

    def remove(self, connection: web.RequestHandler) -> None:
        """Forget a connection that either side has ended."""
        self._closable.pop(connection, None)
        if (kept := self._kept.pop(connection, None)) is not None:
            _, on_close = kept
            on_close()

    def _mark_active(self, connection: web.RequestHandler) -> None:
        if connection in self._closable:
            self._closable.move_to_end(connection)

    def _warn(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._warned_at >= _WARN_INTERVAL:
            self._warned_at = now
            _log.warning(
                "connections_crowded",
                most=self._max_connections,
                kept=len(self._kept),
                fix="raise the hard limit of open files (ulimit -Hn, LimitNOFILE=), or add replicas",
            )


class TcpConnection(HttpConnection):
    """A connection that reports its start and its end to the limiter."""

    __slots__ = ("_limiter",)

    def __init__(
        self, limiter: ConnectionLimiter, faults: ConnectionFaults, server: web.Server, **options: Any
    ) -> None:
        super().__init__(faults, server, **options)
        self._limiter = limiter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._limiter.add(self, cast(asyncio.Transport, transport))

    def connection_lost(self, exc: BaseException | None) -> None:
        self._limiter.remove(self)
        super().connection_lost(exc)
