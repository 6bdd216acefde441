"""Slack over HTTP: `/slack/events`, where everything arrives that Slack sends.

bytes → signature → received → answer written or lost → what follows a click
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from bridge.connection_limit import ConnectionLimiter
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.slack import verify
from bridge.slack.ack import Ack
from bridge.slack.verify import SigningSecrets

_log = Log("slack")

PATH = "/slack/events"
MOST_BYTES = 1024 * 1024
READ_SECONDS = 5.0  # for the whole body


class Inbound:
    """The route: nothing is parsed before its signature is verified, nothing is told before Slack has its answer."""

    def __init__(
        self,
        *,
        secrets: SigningSecrets,
        receive: Callable[[bytes], Awaitable[Ack]],
        limiter: ConnectionLimiter,
        read_seconds: float = READ_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._secrets = secrets
        self._receive = receive
        self._limiter = limiter
        self._read_seconds = read_seconds
        self._metrics = metrics or Metrics()
        self._aftermaths: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: 401 unless it is Slack's, else what it was received with."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(None if request.content.is_eof() else self._read_seconds):  # mostly it is here
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except (web.RequestPayloadError, ConnectionError):  # badly compressed or chunked, or the sender hung up
            return web.Response(status=400)
        refusal = verify.verify(
            secrets=self._secrets,
            timestamp=verify.joined(request.headers.getall("X-Slack-Request-Timestamp", ())),
            signature=verify.joined(request.headers.getall("X-Slack-Signature", ())),
            body=body,
            now=time.time(),
        )
        if refusal is not None:
            self._metrics.refused(refusal.value)
            _log.warning("slack_request_refused", why=refusal.value)
            return web.Response(status=401)
        with self._limiter.keep(request):  # it is Slack's, and over within seconds
            try:
                ack = await self._receive(body)
            except Exception as error:  # noqa: BLE001  -- a mistake of ours; Slack is told no more than that
                _log.failure("request_failed", error, method=request.method, path=request.path)
                return web.Response(status=500)
            response = _response(ack)
            if ack.then is not None:
                await self._answer(request, response, ack.then, began=began)
            return response

    async def close(self) -> None:
        """Finish what comes after the acknowledged clicks; the deadlines of its calls bound it."""
        while self._aftermaths:
            await asyncio.wait(self._aftermaths)

    async def _answer(
        self, request: web.Request, response: web.Response, then: Callable[[], Awaitable[None]], *, began: float
    ) -> None:
        """Write the answer to a click; only then do what follows it, also when the answer finds no reader."""
        try:
            await response.prepare(request)
            await response.write_eof()
            self._metrics.acked(seconds=time.monotonic() - began)
        except ConnectionError:  # Slack hung up; what the click caused is all the same still to be done
            self._metrics.ack_lost()
            _log.warning("click_ack_lost")
        finally:
            # The task is kept, or it might be collected in mid-air.
            task = asyncio.ensure_future(then())
            self._aftermaths.add(task)
            task.add_done_callback(self._aftermaths.discard)


def _response(ack: Ack) -> web.Response:
    if ack.body is None:
        return web.Response(status=ack.status)
    return web.Response(status=ack.status, text=json.dumps(ack.body), content_type="application/json")
