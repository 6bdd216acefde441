"""The Bolt app: it routes a decoded, verified payload to a listener, which has it handled and acks.

`process_before_response=True`: the acknowledgement leaves after the claim has committed, and within one or two
milliseconds; Bolt's other mode looks for it every 10 ms and can lose it.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bridge.slack.ack import Ack

Handle: TypeAlias = Callable[[], Awaitable[Ack]]

_HANDLE = "askbridge_handle"
_EVERY: Final = re.compile("")  # every name: no button, form or command may be left without an answer


class _Everyone(AsyncAuthorize):
    """Lets every verified request through: whose it is, and whether it may, is decided by the rows.

    A class, because Bolt looks up the argument names of a plain function anew for every request.
    """

    _RESULT: Final = AuthorizeResult(enterprise_id=None, team_id=None)

    def __init__(self) -> None:
        """Know nothing: Bolt's own class is not typed."""

    async def __call__(self, **_: Any) -> AuthorizeResult:
        return self._RESULT


def build() -> AsyncApp:
    """Make the app, with a listener for everything that Slack sends to an app."""
    logger = logging.getLogger("slack_bolt")
    app = AsyncApp(
        # Unless told, it reads the sources of all its callers to find this out. Never the name of a logger of ours:
        # Bolt takes that logger for its own, and gives it the level of the one below.
        name="bolt.py",
        logger=logger,
        # Never used to call Slack: it only keeps Bolt from making a client of its own for every request.
        client=AsyncWebClient(logger=logger),
        authorize=_Everyone(),
        process_before_response=True,
        request_verification_enabled=False,  # done by the transport, over the raw bytes, before anything is parsed
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.action(_EVERY)(_listener)  # first, because Bolt asks its listeners in this order, and people wait for clicks
    app.view(_EVERY)(_listener)
    app.view_closed(_EVERY)(_listener)
    app.shortcut(_EVERY)(_listener)
    app.options(_EVERY)(_listener)
    app.command(_EVERY)(_listener)
    app.event(_EVERY)(_listener)
    return app


async def dispatch(app: AsyncApp, body: dict[str, Any], *, handle: Handle) -> BoltResponse:
    """Hand over a payload; never raises. `handle` is called once, or not at all: Bolt knows no listener, or failed.

    No header goes with it: Bolt would obey some, and none is signed. In the mode of a socket it takes the body as it
    is and decodes nothing.
    """
    try:
        request = AsyncBoltRequest(body=body, context={_HANDLE: handle}, mode="socket_mode")
    except Exception:  # noqa: BLE001  -- Bolt looks for ids in the body outside its own error handling
        return BoltResponse(status=500)
    return await app.async_dispatch(request)


async def _listener(context: AsyncBoltContext) -> BoltResponse:
    ack: Ack = await context[_HANDLE]()
    return BoltResponse(status=ack.status, body=ack.body or "")
