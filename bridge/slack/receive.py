"""Receive every payload from Slack, from any transport: decoded once → parsed → routed by Bolt → handled → ack.

HTTP, a socket and a test call `receive`; this module knows none of them.
"""

import asyncio
from functools import partial
from typing import Any, assert_never

from bridge.logs import Log
from bridge.slack import bolt
from bridge.slack.ack import Ack
from bridge.slack.claims import ClickOutcome
from bridge.slack.clicks import Clicks
from bridge.slack.forms.back import FormPages
from bridge.slack.forms.pages import FullPages
from bridge.slack.forms.submissions import Submissions
from bridge.slack.payloads import fields
from bridge.slack.payloads.decode import decode
from bridge.slack.payloads.incoming import (
    Click,
    Closing,
    Command,
    Incoming,
    NothingToDecide,
    Shortcut,
    SlackEvent,
    SslCheck,
    Submission,
    Suggestion,
    Unreadable,
    Unsupported,
    UrlVerification,
    ViewAction,
)
from bridge.slack.payloads.parse import parse

_log = Log("slack")


class Receiver:
    """Handles every payload once. `api_url` is the base URL of Slack's Web API."""

    def __init__(
        self, *, api_url: str, clicks: Clicks, submissions: Submissions, pages: FullPages, form_pages: FormPages
    ) -> None:
        self._api_url = api_url
        self._clicks = clicks
        self._submissions = submissions
        self._pages = pages
        self._form_pages = form_pages
        self._bolt = bolt.build()

    async def receive(self, payload: bytes | dict[str, Any]) -> Ack:
        """Return the acknowledgement of a verified payload: 503 if a click or form cannot be confirmed, else 200.

        Bytes are the body of a signed request; an object is the payload of a socket message. The verdict of a click or
        form is committed when this returns. The transport runs `then` once the response is written or lost.
        """
        try:
            decoded = decode(payload)
        except fields.Wrong as wrong:
            return await self._handle(Unreadable(why=str(wrong)))
        incoming = parse(decoded, api_url=self._api_url)
        if isinstance(incoming, Unreadable):
            return await self._handle(incoming)
        acks: list[Ack] = []  # stays empty when Bolt calls no listener

        async def handle() -> Ack:
            acks.append(await self._handle(incoming))
            return acks[-1]

        response = await bolt.dispatch(self._bolt, decoded.body, handle=handle)
        if acks:
            return acks[-1]
        if isinstance(incoming, Click | Submission):  # signed, but Bolt cannot route it: no click is ignored
            _log.warning("click_not_routed", status=response.status)
        return await self._handle(incoming)

    async def _turn(self, action: ViewAction, outcome: ClickOutcome) -> None:
        await asyncio.gather(self._pages.show(action, outcome), self._clicks.after(outcome))

    async def _back(self, action: ViewAction, outcome: ClickOutcome) -> None:
        await asyncio.gather(self._form_pages.show(action, outcome), self._clicks.after(outcome))

    async def _handle(self, incoming: Incoming) -> Ack:
        match incoming:
            case Click():
                outcome = await self._clicks.decide(incoming)
                return Ack(status=200 if outcome.certain else 503, then=partial(self._clicks.after, outcome))
            case Submission():
                decided = await self._submissions.decide(incoming)
                then = partial(self._clicks.after, decided.outcome)
                return Ack(status=decided.status, body=decided.body, then=then)
            case UrlVerification(challenge=challenge):
                return Ack(body={"challenge": challenge})
            case Suggestion():
                _log.info("slack_request_unsupported", what="block_suggestion")
                return Ack(body={"options": []})
            case ViewAction() if incoming.goes_back:
                outcome = await self._form_pages.decide(incoming)
                then = partial(self._back, incoming, outcome)
                return Ack(status=200 if outcome.certain else 503, then=then)
            case ViewAction() if incoming.page is not None:
                outcome = await self._pages.decide(incoming)
                return Ack(status=200 if outcome.certain else 503, then=partial(self._turn, incoming, outcome))
            case ViewAction():
                _log.info("slack_request_unsupported", what="block_actions in a view")
            case Closing():
                _log.info("slack_request_unsupported", what="view_closed")
            case Shortcut(type=what) | Unsupported(type=what) | SlackEvent(type=what) | Command(command=what):
                _log.info("slack_request_unsupported", what=what)
            case Unreadable(why=why):
                _log.warning("slack_request_unreadable", why=why)
            case NothingToDecide() | SslCheck():
                pass
            case _:
                assert_never(incoming)
        return Ack()
