"""People's door: `/slack/events`, where everything arrives that Slack sends.

bytes → signature → parsed → Bolt → decided → 200 → wake, heal, tell
"""

import asyncio
import time
from typing import assert_never

from aiohttp import web

from bridge.crowd import Crowd
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.slack import bolt, parse, verify
from bridge.slack.clicks import Clicks, Outcome
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
        api_url: str,
        clicks: Clicks,
        crowd: Crowd,
        read_seconds: float = READ_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._secrets = secrets
        self._api_url = api_url
        self._clicks = clicks
        self._crowd = crowd
        self._read_seconds = read_seconds
        self._metrics = metrics or Metrics()
        self._bolt = bolt.build()
        self._aftermaths: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request: 401 unless it is Slack's, 503 when a click cannot be confirmed, else 200."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._read_seconds):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except (web.RequestPayloadError, ConnectionError):  # badly compressed or chunked, or the sender hung up
            return web.Response(status=400)
        refusal = verify.verify(
            secrets=self._secrets,
            timestamp=verify.joined(request.headers.getall("X-Slack-Request-Timestamp", [])),
            signature=verify.joined(request.headers.getall("X-Slack-Signature", [])),
            body=body,
            now=time.time(),
        )
        if refusal is not None:
            self._metrics.refused(refusal.value)
            _log.warning("slack_request_refused", why=refusal.value)
            return web.Response(status=401)
        match incoming := parse.parse(body, api_url=self._api_url):
            case parse.Click():
                with self._crowd.keep(request):  # it is Slack's, and over within seconds
                    return await self._clicked(request, body, incoming, began=began)
            case parse.UrlVerification():
                answer = await bolt.dispatch(self._bolt, body)
                return web.Response(status=answer.status, text=answer.body, content_type="application/json")
            case parse.Unreadable(why=why):
                _log.warning("slack_request_unreadable", why=why)
            case parse.Unsupported(type=what) | parse.Event(type=what) | parse.Command(command=what):
                _log.info("slack_request_unsupported", what=what)
            case parse.LinkOpened() | parse.SslCheck():
                pass
            case _:
                assert_never(incoming)
        return web.Response()

    async def close(self) -> None:
        """Finish what comes after the acknowledged clicks; the deadlines of its calls bound it."""
        while self._aftermaths:
            await asyncio.wait(self._aftermaths)

    async def _clicked(
        self, request: web.Request, body: bytes, click: parse.Click, *, began: float
    ) -> web.StreamResponse:
        outcomes: list[Outcome] = []  # stays empty when Bolt never calls us

        async def decide() -> None:
            outcomes.append(await self._clicks.decide(click))

        answer = await bolt.dispatch(self._bolt, body, decide=decide)
        if not outcomes:
            # Signed, and a click to us, but of a form that Bolt cannot route: nobody's click is ever ignored.
            _log.warning("click_not_routed", status=answer.status)
            await decide()
        response = web.Response(status=200 if outcomes[-1].certain else 503)
        try:
            await response.prepare(request)
            await response.write_eof()
            self._metrics.acked(seconds=time.monotonic() - began)
        except ConnectionError:  # Slack hung up; what the click caused is all the same still to be done
            self._metrics.ack_lost()
            _log.warning("click_ack_lost")
        # Only now, when Slack has its answer. The task is kept, or it might be collected in mid-air.
        task = asyncio.create_task(self._clicks.after(outcomes[-1]))
        self._aftermaths.add(task)
        task.add_done_callback(self._aftermaths.discard)
        return response
