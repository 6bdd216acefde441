"""The one workspace whose token is in the settings: its identity, and its connection in the database.

Until people can install the app themselves, a replica calls `auth.test` to find out which installation its token
belongs to. Slack may be down at start: clicks on cards already posted need no token, so the replica does not wait.
"""

import time
from collections.abc import Callable

from bridge import ids
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.slack import connections
from bridge.slack.client import Client, Identity
from bridge.slack.connections import Installations
from bridge.slack.errors import Broken, RetryAfter, SlackFailure
from storage import connections as rows
from storage.pool import Database

_log = Log("slack")
IDENTITY_SECONDS = 600.0  # between two looks at what Slack says of the workspace, which may move into an enterprise
_SETTING = "ASKBRIDGE_SLACK_BOT_TOKEN"
_NO_CARDS = (
    "meanwhile this replica posts and changes no cards and opens no forms; it accepts questions and other clicks"
)
_NO_APP = Broken(
    code=connections.TOKEN_MISSING,
    detail="Slack did not say to which app the token belongs.",
    fix="Set ASKBRIDGE_SLACK_APP_ID to the app's id (A…).",
)


class Installation:
    """A token, and the steps until this replica can post with it.

    `failure` is why the token cannot be used. While Slack does not respond, a token that it accepted before counts.
    """

    def __init__(
        self,
        *,
        db: Database,
        client: Client,
        installations: Installations,
        app_id: str | None,
        organization: str,
        notifier: Notifier,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._client = client
        self._installations = installations
        self._app_id = app_id
        self._organization = organization
        self._notifier = notifier
        self._clock = clock
        self.failure: SlackFailure | None = None
        self._established = False
        self._identify_at = float("-inf")

    async def step(self) -> int:
        """Identify the token with Slack, at first and every IDENTITY_SECONDS.

        Returns 1 if this pass established the connection, else 0.
        """
        if self._clock() < self._identify_at:
            return 0
        identity = await self._client.identity()
        if not isinstance(identity, Identity):
            means = None if self._established else _NO_CARDS
            if not (self._established and isinstance(identity, RetryAfter)):
                self.failure = identity
            if isinstance(identity, RetryAfter):  # the token was not refused, and an operator need not replace it
                _log.warning("slack_awaited", **_keys(identity, means=means))
            else:
                _log.warning("slack_token_refused", setting=_SETTING, **_keys(identity, means=means))
            return 0
        app_id = identity.app_id or self._app_id
        if app_id is None:
            self.failure = _NO_APP
            _log.warning("slack_app_unknown", fix=_NO_APP.fix)
            return 0
        connection = await connections.establish(self._db, identity, app_id=app_id, organization=self._organization)
        self._installations.put(connection.scope, self._client)
        self.failure = None
        # The cards of disabled connections still have to be edited, and the token is theirs too.
        for disabled in await rows.disabled_of_installation(
            self._db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
        ):
            self._installations.put(disabled.scope, self._client)
        self._identify_at = self._clock() + IDENTITY_SECONDS
        if self._established:
            return 0
        self._established = True
        if connection.disabled_at is not None:
            id = ids.encode("con", connection.id)
            _log.warning("slack_connection_disabled", connection=id, fix=f"askbridge connections enable {id}")
        _log.info(
            "slack_connected",
            workspace=identity.name,
            team=identity.team_id,
            app=app_id,
            connection=ids.encode("con", connection.id),
        )
        self._notifier.serving.set()
        self._notifier.cards.set()
        return 1


def _keys(failure: SlackFailure, *, means: str | None) -> dict[str, str | None]:
    return {"code": failure.code, "detail": failure.detail, "means": means, "fix": failure.fix}
