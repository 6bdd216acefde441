"""Send a clicker a private reply: through the click's response URL or with chat.postEphemeral, once in all.

The second way is tried only if the first certainly failed: two replies are worse than none.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics, Reply
from bridge.slack import client, replies
from bridge.slack.connections import Installations
from bridge.slack.errors import Broken, RetryAfter, SlackFailure
from bridge.slack.payloads.incoming import Click
from storage.model import Connection, Verdict

_log = Log("clicks")

MAX_REPLIES = 200  # private replies being sent or waiting for a connection; a flood of clicks is no flood of calls
_METHOD_SLOTS = 8  # replies by chat.postEphemeral in flight: they share the connections of cards
_NO_URL = "no_response_url"


class PrivateReplies:
    """Sends private replies. `max_replies` limits those sent at once; further ones are dropped and counted."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        installations: Installations,
        metrics: Metrics | None = None,
        max_replies: int = MAX_REPLIES,
    ) -> None:
        self.max_replies = max_replies
        self._http = http
        self._installations = installations
        self._metrics = metrics or Metrics()
        self._replying = 0
        self._methods = asyncio.Semaphore(_METHOD_SLOTS)

    async def send(
        self,
        click: Click,
        connection: Connection | None,
        compose: Callable[[], Awaitable[str]],
        *,
        verdict: Verdict | str,
        url_first: bool = True,
    ) -> bool:
        """Send what `compose` returns, and log if it could not be sent. True if Slack accepted it.

        `compose` is called only if the reply is not dropped. Without `url_first` the response URL is the second way.
        """
        if self._replying >= self.max_replies:
            self._metrics.replied(Reply.DROPPED)
            _log.warning("reply_dropped", interaction=public_id(click), verdict=str(verdict))
            return False
        self._replying += 1
        try:
            text = await compose()
            ways = [self._by_url, self._by_method]
            codes: list[object] = []
            for way in ways if url_first else reversed(ways):
                if (failure := await way(click, connection, text)) is None:
                    self._metrics.replied(Reply.SENT)
                    return True
                codes.append(failure if isinstance(failure, int | str) else failure.code)
                if not _is_certain(failure):
                    break
        finally:
            self._replying -= 1
        self._metrics.replied(Reply.FAILED)
        code, *then = codes
        _log.warning(
            "reply_failed", interaction=public_id(click), verdict=str(verdict), code=code, then=(then or [None])[0]
        )
        return False

    async def _by_url(self, click: Click, _: Connection | None, text: str) -> int | str | SlackFailure | None:
        if click.response_url is None:
            return _NO_URL
        payload = replies.payload(text, thread_ts=click.thread_ts)
        response = await client.respond(click.response_url, payload, http=self._http)
        return None if response == 200 else response

    async def _by_method(self, click: Click, connection: Connection | None, text: str) -> str | SlackFailure | None:
        if connection is None or click.channel is None:
            return "no_destination"
        slack = await self._installations.usable(connection)
        if isinstance(slack, Broken):
            return slack
        async with self._methods:
            return await slack.post_ephemeral(
                channel=click.channel, user_id=click.user_id, text=text, thread_ts=click.thread_ts
            )


def _is_certain(failure: int | str | SlackFailure) -> bool:
    """Whether the reply was certainly not sent. A status from 500 on leaves that open."""
    match failure:
        case int():
            return failure < 500
        case RetryAfter():
            return not failure.ambiguous
        case _:
            return True


def public_id(click: Click) -> str | None:
    """The id of the clicked interaction, as agents and logs have it."""
    return ids.encode("int", click.interaction) if click.interaction else None
