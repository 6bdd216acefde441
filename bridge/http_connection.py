"""One HTTP connection: who sends no HTTP gets 400 without a word about us, and who does not read is cut.

aiohttp logs a traceback for each malformed request, quotes it in its answer and names its own version; and it waits
for ever for a client to take an answer, which is kept in memory meanwhile.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from bridge.logs import Log
from bridge.metrics import Metrics

TAKE_SECONDS = 20.0  # for a client to take what was sent to it
SERVER = "askbridge"  # the header Server, without a version

_log = Log("app")
_UNREADABLE = "This is no HTTP that can be read.\n"
_TOO_LONG = "The address of a request, or one of its headers, may have at most 8,190 bytes.\n"
_AFTER_STREAMS = 0.1  # seconds: a stream has the same limit, and logs whose it is
_LOG_INTERVAL = 60.0  # seconds


class ConnectionFaults:
    """Counts malformed requests, which it logs at most once a minute, and connections that were cut."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._log_at = float("-inf")
        self._unlogged = 0

    def malformed(self, request: web.BaseRequest, error: HttpProcessingError) -> None:
        """Count a request that is not HTTP."""
        self._metrics.malformed()
        self._unlogged += 1
        now = asyncio.get_running_loop().time()
        if now >= self._log_at:
            _log.info("http_malformed", sender=request.remote, why=type(error).__name__, number=self._unlogged)
            self._log_at, self._unlogged = now + _LOG_INTERVAL, 0

    def cut(self) -> None:
        """Count a connection whose client did not take what was sent."""
        self._metrics.response_cut()


class HttpConnection(web.RequestHandler):
    """A connection that is cut `take_seconds` after its client stopped taking what was sent."""

    __slots__ = ("_cutting", "_faults", "_take_seconds")

    def __init__(
        self, faults: ConnectionFaults, server: web.Server, *, take_seconds: float = TAKE_SECONDS, **options: Any
    ) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._faults = faults
        self._take_seconds = take_seconds
        self._cutting: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._cutting is None:
            seconds = self._take_seconds + _AFTER_STREAMS
            self._cutting = asyncio.get_running_loop().call_later(seconds, self._cut)

    def resume_writing(self) -> None:
        self._end_cutting()
        super().resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._end_cutting()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that could not be handled; nothing of it, and nothing about this program, is repeated."""
        if not isinstance(exc, HttpProcessingError):
            response = super().handle_error(request, status, exc, message)
            response.headers[hdrs.SERVER] = SERVER
            return response
        self._faults.malformed(request, exc)
        text = _TOO_LONG if isinstance(exc, LineTooLong) else _UNREADABLE
        response = web.Response(status=HTTPStatus.BAD_REQUEST, text=text)
        response.headers[hdrs.SERVER] = SERVER
        response.force_close()
        return response

    def _cut(self) -> None:
        self._cutting = None
        if self.transport is not None and not self.transport.is_closing():
            self._faults.cut()
            self.transport.abort()  # close() would wait for the client

    def _end_cutting(self) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None


async def hide_software(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """Signal of an application, before a response is sent: name neither aiohttp nor a version."""
    response.headers[hdrs.SERVER] = SERVER
