"""The one workspace whose token is in the settings: its identity, and its connection in the database.

Until people can install the app themselves, a replica calls `auth.test` to find out which installation its token
belongs to. Slack may be down at start: clicks on cards already posted need no token, so the replica does not wait.
"""

from bridge import ids
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.slack import connections
from bridge.slack.client import Client, Identity
from bridge.slack.connections import Installations
from bridge.slack.errors import RetryAfter
from storage.pool import Database

_log = Log("slack")


class Installation:
    """A token, and the steps until this replica can post with it."""

    def __init__(
        self,
        *,
        db: Database,
        client: Client,
        installations: Installations,
        app_id: str | None,
        organization: str,
        notifier: Notifier,
    ) -> None:
        self._db = db
        self._client = client
        self._installations = installations
        self._app_id = app_id
        self._organization = organization
        self._notifier = notifier
        self._established = False

    async def step(self) -> int:
        """Identify the token with Slack, once. Returns 1 if this pass established the connection, else 0."""
        if self._established:
            return 0
        identity = await self._client.identity()
        if not isinstance(identity, Identity):
            _log.warning(
                # If Slack cannot be reached, the token was not refused, and an operator need not replace it.
                "slack_awaited" if isinstance(identity, RetryAfter) else "slack_token_refused",
                code=identity.code,
                detail=identity.detail,
                means="no card is posted or changed by this replica meanwhile; clicks and questions are taken",
                fix=identity.fix,
            )
            return 0
        app_id = identity.app_id or self._app_id
        if app_id is None:
            _log.warning("slack_app_unknown", fix="Set ASKBRIDGE_SLACK_APP_ID to the app's id (A…).")
            return 0
        connection = await connections.establish(self._db, identity, app_id=app_id, organization=self._organization)
        self._installations.put(connection.scope, self._client)
        self._established = True
        if connection.disabled_at is not None:
            # The token is kept all the same: the cards of cancelled interactions still have to be edited.
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
