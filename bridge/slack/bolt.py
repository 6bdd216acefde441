"""The Bolt app: routes a decoded, verified payload to a listener, which calls the handler and acknowledges.

`process_before_response=True`: the acknowledgement is sent after the claim has committed, within one or two
milliseconds. Bolt's other mode polls for the acknowledgement every 10 ms and can lose it.
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
_ANY_NAME: Final = re.compile("")  # matches every name: each button, form and command must be acknowledged


class _AuthorizeAll(AsyncAuthorize):
    """Authorizes every verified request: `connections` finds the connection, and the claim checks the clicker.

    This is a class, because Bolt inspects the argument names of a plain function again for every request.
    """

    _RESULT: Final = AuthorizeResult(enterprise_id=None, team_id=None)

    def __init__(self) -> None:
        """Skip the constructor of Bolt's class, which is not typed."""

    async def __call__(self, **_: Any) -> AuthorizeResult:
        return self._RESULT


def build() -> AsyncApp:
    """Return an app with a listener for every type of payload that Slack sends to an app."""
    logger = logging.getLogger("slack_bolt")
    app = AsyncApp(
        # Without a name, Bolt reads the source files of its callers to find one. It must not be the name of one of the
        # bridge's loggers: Bolt would use that logger as its own and set its level to that of `logger`.
        name="bolt.py",
        logger=logger,
        # Not used to call Slack: it only prevents Bolt from creating a client for every request.
        client=AsyncWebClient(logger=logger),
        authorize=_AuthorizeAll(),
        process_before_response=True,
        request_verification_enabled=False,  # the transport verifies the raw bytes before they are parsed
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.action(_ANY_NAME)(_listener)  # first: Bolt tries its listeners in this order, and a person waits for a click
    app.view(_ANY_NAME)(_listener)
    app.view_closed(_ANY_NAME)(_listener)
    app.shortcut(_ANY_NAME)(_listener)
    app.options(_ANY_NAME)(_listener)
    app.command(_ANY_NAME)(_listener)
    app.event(_ANY_NAME)(_listener)
    return app


async def dispatch(app: AsyncApp, body: dict[str, Any], *, handle: Handle) -> BoltResponse:
    """Pass a payload to Bolt; never raises. Calls `handle` once, or not at all if Bolt finds no listener or fails.

    No header is passed on: Bolt acts on some headers, and none of them is signed. In socket mode Bolt takes the body
    as it is and decodes nothing.
    """
    try:
        request = AsyncBoltRequest(body=body, context={_HANDLE: handle}, mode="socket_mode")
    except Exception:  # noqa: BLE001  -- Bolt reads ids from the body outside its own error handling
        return BoltResponse(status=500)
    return await app.async_dispatch(request)


async def _listener(context: AsyncBoltContext) -> BoltResponse:
    ack: Ack = await context[_HANDLE]()
    return BoltResponse(status=ack.status, body=ack.body or "")
