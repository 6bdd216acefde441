"""The connections at a replica's doors: when there are too many, the one where nothing happened for longest gives way.

Whoever connects has no name yet: before its request came, nobody knows whether it is Slack with a click. So nobody is
turned away, whatever others do: connect and be silent, send a body byte by byte, or ask faster than they may. Requests
that stay open are kept, and are few enough (`bridge.agents.places`) that there is always one to give way; and so is a
click from the moment when it proved to be Slack's.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from bridge.logs import Log

_log = Log("app")

_SAID_AGAIN = 60.0  # seconds


class ConnectionLimiter:
    """All of them, at most `most`."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._others: OrderedDict[web.RequestHandler, asyncio.Transport] = OrderedDict()  # the first to go first
        self._kept: dict[web.RequestHandler, tuple[asyncio.Transport, Callable[[], None]]] = {}
        self._said_at = float("-inf")

    @property
    def kept_count(self) -> int:
        """How many open connections `keep` protects now."""
        return len(self._kept)

    @web.middleware
    async def attend(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Know that something happens on a connection: a request begins, and ends. To be around what answers 429."""
        self._happened(request.protocol)
        response = await handler(request)
        self._happened(request.protocol)
        if self._is_full and response.status == HTTPStatus.TOO_MANY_REQUESTS:
            response.force_close()  # after its answer: a flood makes room by itself, and what it asked is not lost work
        return response

    @property
    def _is_full(self) -> bool:
        return len(self._others) + len(self._kept) >= self._most

    @contextlib.contextmanager
    def keep(self, request: web.Request, *, gone: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Let this request's connection give way to nobody; `gone` is called when it ends meanwhile."""
        one = request.protocol
        if (transport := self._others.pop(one, None)) is not None:  # else it has gone
            self._kept[one] = transport, gone
        try:
            yield
        finally:
            if (kept := self._kept.pop(one, None)) is not None:
                self._others[one], _ = kept

    def came(self, one: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Somebody connected; somebody else may have to go."""
        if self._is_full and self._others:
            self._say()
            _, longest = self._others.popitem(last=False)
            longest.abort()  # closing would wait for a client that does not read
        self._others[one] = transport

    def went(self, one: web.RequestHandler) -> None:
        """A connection has ended, from whichever side."""
        self._others.pop(one, None)
        if (kept := self._kept.pop(one, None)) is not None:
            _, gone = kept
            gone()

    def _happened(self, one: web.RequestHandler) -> None:
        if one in self._others:
            self._others.move_to_end(one)

    def _say(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._said_at >= _SAID_AGAIN:
            self._said_at = now
            _log.warning(
                "connections_crowded",
                most=self._most,
                kept=len(self._kept),
                fix="raise the hard limit of open files (ulimit -Hn, LimitNOFILE=), or add replicas",
            )


class TcpConnection(web.RequestHandler):
    """A connection that tells the crowd when it comes and goes."""

    __slots__ = ("_limiter",)

    def __init__(self, limiter: ConnectionLimiter, server: web.Server, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._limiter = limiter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._limiter.came(self, cast(asyncio.Transport, transport))

    def connection_lost(self, exc: BaseException | None) -> None:
        self._limiter.went(self)
        super().connection_lost(exc)
