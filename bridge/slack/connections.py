"""Slack installations: which connection a click belongs to, and which client has the token of a connection."""

from collections.abc import Sequence
from uuid import UUID

from cachetools import TTLCache

from bridge import ids
from bridge.logs import Log
from bridge.slack.client import Client, Identity
from bridge.slack.errors import Broken
from storage import connections, organizations
from storage.connections import OwnedElsewhere
from storage.model import Connection, Scope
from storage.pool import Database
from storage.statements import Runs

_log = Log("connections")

# A cached connection that was disabled meanwhile does no harm, because disabling cancels its pending rows first; but an
# installation that another organization took over is found under the old one for so long.
REMEMBERED_SECONDS = 5.0
_MAX_REMEMBERED = 10_000
_BROKEN_SECONDS = 60.0
TOKEN_MISSING = "token_missing"  # noqa: S105  -- a code; of this replica, and no card is leased without a token
TOKEN_NOT_SET = Broken(
    code=TOKEN_MISSING,
    detail="ASKBRIDGE_SLACK_BOT_TOKEN is not set.",
    fix="Set it to the bot token (xoxb-…) of the app's page OAuth & Permissions, and restart this replica.",
)
_NO_TOKEN = Broken(code=TOKEN_MISSING, detail="This replica has no bot token for the connection.", fix="")


class Directory:
    """Finds connections by their signed Slack ids; caches them for REMEMBERED_SECONDS, and unknown ids not at all.

    A workspace's connection is found by app and team. The enterprise of a payload counts for an organization-wide
    installation only: a workspace's own can change, and a person of another organization brings another one.
    """

    def __init__(self) -> None:
        self._connections: TTLCache[tuple[str, str | None, str | None], Connection] = TTLCache(
            maxsize=_MAX_REMEMBERED, ttl=REMEMBERED_SECONDS
        )

    async def find(self, db: Runs, *, app_id: str, enterprise_id: str | None, team_id: str | None) -> Connection | None:
        """The active connection of this installation; None if there is none. No `team_id`: an organization-wide one."""
        key = (app_id, None if team_id else enterprise_id, team_id)
        if (cached := self._connections.get(key)) is not None:
            return cached
        connection = await connections.of_installation(db, app_id=app_id, enterprise_id=enterprise_id, team_id=team_id)
        if connection is not None:
            self._connections[key] = connection
        return connection


class Installations:
    """The clients of the connections whose tokens this replica has, and which tokens Slack refused lately."""

    def __init__(self) -> None:
        self._clients: dict[UUID, Client] = {}
        self._scopes: dict[UUID, Scope] = {}
        self._broken: TTLCache[UUID, Broken] = TTLCache(maxsize=_MAX_REMEMBERED, ttl=_BROKEN_SECONDS)

    def put(self, scope: Scope, client: Client) -> None:
        """Add the client of a connection, and end its suspension."""
        self._clients[scope.connection_id] = client
        self._scopes[scope.connection_id] = scope
        self._broken.pop(scope.connection_id, None)

    async def client(self, connection: Connection | UUID) -> Client | Broken:
        """The client of a connection, also while it is suspended; Broken if this replica has no token for it.

        Asynchronous, because a later release may have to read a token from the database.
        """
        id = connection.id if isinstance(connection, Connection) else connection
        return self._clients.get(id, _NO_TOKEN)

    async def usable(self, connection: Connection) -> Client | Broken:
        """The client of a connection; Broken while it is suspended, or if this replica has no token for it."""
        return self.suspended(connection.id) or await self.client(connection)

    def suspend(self, connection_id: UUID, failure: Broken) -> None:
        """Stop posting with this token for _BROKEN_SECONDS because Slack refused it, however many cards are due."""
        self._broken[connection_id] = failure

    def suspended(self, connection_id: UUID) -> Broken | None:
        """Why the token of this connection is not used at the moment; None if it is used."""
        return self._broken.get(connection_id)

    @property
    def served(self) -> Sequence[Scope]:
        """The scopes of the connections that this replica has a token for."""
        return list(self._scopes.values())

    @property
    def working(self) -> Sequence[Scope]:
        """The scopes of `served` whose token Slack did not refuse lately."""
        return [scope for id, scope in self._scopes.items() if id not in self._broken]

    @property
    def failure(self) -> Broken | None:
        """Why Slack refused the token of every served connection lately; None if one works, or none is served."""
        found = (self._broken.get(id) for id in list(self._broken))  # one may be forgotten meanwhile
        return None if self.working else next((broken for broken in found if broken is not None), None)


async def establish(db: Database, identity: Identity, *, app_id: str, organization: str) -> Connection:
    """Return the connection of this installation; create it, and its organization, if it is not in the database.

    A connection is updated with what Slack says now, including the enterprise that its workspace has moved to. A
    disabled connection is returned as it is: only an operator enables it. Several replicas may call this at once: one
    of them creates the rows, the others find them.
    """
    active = await connections.of_installation(
        db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
    )
    if active is not None:
        updated = await _connect(db, identity, app_id=app_id, organization_id=active.organization_id)
        if updated.enterprise_id != active.enterprise_id:
            _log.info(
                "connection_enterprise_changed",
                connection=ids.encode("con", updated.id),
                team=updated.team_id,
                before=active.enterprise_id,
                after=updated.enterprise_id,
            )
        return updated
    disabled = await connections.disabled_of_installation(
        db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
    )
    if disabled:
        return disabled[0]
    try:
        async with db.acquire() as connection, connection.transaction():
            organization_id = ids.new()
            await organizations.create(connection, organization_id=organization_id, name=organization)
            created = await _connect(connection, identity, app_id=app_id, organization_id=organization_id)
    except OwnedElsewhere:  # another replica created the organization and the connection a moment ago
        return await establish(db, identity, app_id=app_id, organization=organization)
    _log.info("connection_made", connection=ids.encode("con", created.id), team=created.team_id, app=app_id)
    return created


async def _connect(db: Runs, identity: Identity, *, app_id: str, organization_id: UUID) -> Connection:
    return await connections.connect(
        db,
        organization_id=organization_id,
        id=ids.new(),
        app_id=app_id,
        enterprise_id=identity.enterprise_id,
        team_id=identity.team_id,
        home_teams=identity.home_teams,
        bot_user_id=identity.bot_user_id,
        name=identity.name,
    )
