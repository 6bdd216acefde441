"""Slack over HTTP: `/slack/events`, the route for all requests from Slack.

bytes → signature → received → response written or lost → the work that follows a click
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bridge.connection_limit import ConnectionLimiter
from bridge.logs import Log
from bridge.metrics import Metrics, Refusal
from bridge.slack import verify
from bridge.slack.ack import Ack
from bridge.slack.verify import SigningSecrets

_log = Log("slack")

PATH = "/slack/events"
MAX_BYTES = 1024 * 1024  # of a body
READ_SECONDS = 5.0  # for reading the whole body
DOCTOR: Final = (
    "askbridge-doctor"  # the User-Agent of `askbridge doctor`; anyone may send it, and it only changes words
)
_FIXES: Final = {  # of a request that Slack did send; of any other nothing needs to be fixed
    Refusal.MISSING: "Let the proxy in front of the bridge forward X-Slack-Signature and X-Slack-Request-Timestamp.",
    Refusal.MALFORMED: "Let the proxy in front of the bridge forward Slack's headers once and unchanged.",
    Refusal.STALE: "Synchronize this machine's clock: timedatectl set-ntp true.",
    Refusal.WRONG: "Set ASKBRIDGE_SLACK_SIGNING_SECRET to the app's (Basic Information); forward bodies unchanged.",
}
_EXPECTED: Final = "Nothing to do: askbridge doctor sent this request without a signature, to see that it is refused."
_DOCTOR_DIFFERS: Final = (
    "askbridge doctor sent this request with another signing secret than this replica has: compare both with the app's "
    "(Basic Information)."
)


class Inbound:
    """The route: verifies a signature before parsing, and starts what follows a click after responding to Slack.

    `wrong_in_a_row` is how many requests had a wrong signature since the last one that was accepted. Those of
    `askbridge doctor` do not count, because they say nothing about Slack's secret.
    """

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
        self._following: set[asyncio.Task[None]] = set()
        self.wrong_in_a_row = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Respond to one request: 401 if it is not from Slack, else the acknowledgement from `receive`."""
        began = time.monotonic()
        try:
            # Usually the whole body has arrived already, and no timer is needed.
            async with asyncio.timeout(None if request.content.is_eof() else self._read_seconds):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except (web.RequestPayloadError, ConnectionError):
            # The compression or chunking is wrong, or the sender closed the connection.
            return web.Response(status=400)
        refusal = verify.verify(
            secrets=self._secrets,
            timestamp=verify.joined(request.headers.getall("X-Slack-Request-Timestamp", ())),
            signature=verify.joined(request.headers.getall("X-Slack-Signature", ())),
            body=body,
            now=time.time(),
        )
        is_doctor = request.headers.get("User-Agent") == DOCTOR
        if refusal is not None:
            self._note_refusal(refusal, is_doctor=is_doctor)
            return web.Response(status=401)
        if not is_doctor:
            self.wrong_in_a_row = 0
        with self._limiter.keep(request):  # it is from Slack, and takes seconds at most
            try:
                ack = await self._receive(body)
            except Exception as error:  # noqa: BLE001  -- a bug in the bridge; Slack gets no details
                _log.failure("request_failed", error, method=request.method, path=request.path)
                return web.Response(status=500)
            response = _response(ack)
            if ack.then is not None:
                await self._respond(request, response, ack.then, began=began)
            return response

    async def close(self) -> None:
        """Wait until the work that follows acknowledged clicks is done; the timeouts of its calls bound it."""
        while self._following:
            await asyncio.wait(self._following)

    def _note_refusal(self, refusal: Refusal, *, is_doctor: bool) -> None:
        self._metrics.refused(refusal, is_doctor=is_doctor)
        if is_doctor and refusal is Refusal.MISSING:
            _log.info("slack_request_refused", why=refusal.value, fix=_EXPECTED)
            return
        if is_doctor and refusal is Refusal.WRONG:
            _log.warning("slack_request_refused", why=refusal.value, fix=_DOCTOR_DIFFERS)
            return
        _log.warning("slack_request_refused", why=refusal.value, fix=_FIXES[refusal])
        if refusal is Refusal.WRONG:
            self.wrong_in_a_row += 1

    async def _respond(
        self, request: web.Request, response: web.Response, then: Callable[[], Awaitable[None]], *, began: float
    ) -> None:
        """Write the response to a click, then start `then`, also if the response cannot be delivered."""
        try:
            await response.prepare(request)
            await response.write_eof()
            self._metrics.acked(seconds=time.monotonic() - began)
        except ConnectionError:  # Slack closed the connection; what follows the click must still be done
            self._metrics.ack_lost()
            _log.warning("click_ack_lost")
        finally:
            # The reference keeps the task from being garbage-collected before it is done.
            task = asyncio.ensure_future(then())
            self._following.add(task)
            task.add_done_callback(self._following.discard)


def _response(ack: Ack) -> web.Response:
    if ack.body is None:
        return web.Response(status=ack.status)
    return web.Response(status=ack.status, text=json.dumps(ack.body), content_type="application/json")
