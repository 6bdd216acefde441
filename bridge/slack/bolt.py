"""The Bolt app: it routes a verified interaction to our one listener, which claims and acks.

`process_before_response=True`: the acknowledgement leaves after the claim has committed, and within one or two
milliseconds; Bolt's other mode looks for it every 10 ms and can lose it.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.logs import Log
from bridge.slack import form

_log = Log("slack")
_DECIDE = "askbridge_decide"


def build() -> AsyncApp:
    """Make the app. Its one listener has the click decided and acks; whether that is a 200 is said by the outcome."""
    logger = logging.getLogger("slack_bolt")
    app = AsyncApp(
        # Unless told, it reads the sources of all its callers to find this out. Never the name of a logger of ours:
        # Bolt takes that logger for its own, and gives it the level of the one below.
        name="bolt.py",
        logger=logger,
        # Never used to call Slack: it only keeps Bolt from making a client of its own for every request.
        client=AsyncWebClient(logger=logger),
        authorize=_authorize,
        process_before_response=True,
        request_verification_enabled=False,  # done by us, over the raw bytes, before anything is parsed
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )

    async def clicked(ack: AsyncAck, context: AsyncBoltContext) -> BoltResponse:
        await context[_DECIDE]()
        return await ack()

    app.action(re.compile(""))(clicked)  # every action: no button may be left without an answer
    return app


async def dispatch(app: AsyncApp, body: bytes, *, decide: Callable[[], Awaitable[None]] | None = None) -> BoltResponse:
    """Hand over a verified request; never raises. No header of it goes on: Bolt would obey some, and none is signed.

    What a form carries as its payload goes on as the JSON it is: Bolt's own reading of a form takes longer than all
    else that it does.
    """
    try:
        text = body if body.lstrip()[:1] == b"{" else form.read(body).get("payload", b"")
        request = AsyncBoltRequest(
            body=text.decode(errors="replace"), headers={"content-type": "application/json"}, context={_DECIDE: decide}
        )
        return await app.async_dispatch(request)
    except Exception as error:  # noqa: BLE001  -- Bolt parses the body outside its own error handling
        _log.failure("bolt_failed", error)
        return BoltResponse(status=500, body="")


async def _authorize(enterprise_id: str | None, team_id: str | None, **_: Any) -> AuthorizeResult:
    """Let every verified request through: whose it is, and whether it may, is decided by the rows."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
