"""Which Slack installations this replica knows: whose a click is, and which token speaks for a connection."""

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

# Disabling a connection cancels its pending rows first, so one that is remembered can do no harm; but an installation
# that another organization took over is not found under it until then.
REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000
_BROKEN_SECONDS = 60.0
TOKEN_MISSING = "token_missing"  # noqa: S105  -- a code, told inside a replica only: no card is leased without a token
_NO_TOKEN = Broken(code=TOKEN_MISSING, detail="This replica has no token for the connection.", fix="")


class Directory:
    """Connections by their signed Slack ids, remembered for a moment; the unknown are looked up each time."""

    def __init__(self) -> None:
        self._found: TTLCache[tuple[str, str | None, str | None], Connection] = TTLCache(
            maxsize=_MOST_REMEMBERED, ttl=REMEMBERED_SECONDS
        )

    async def find(self, db: Runs, *, app_id: str, enterprise_id: str | None, team_id: str | None) -> Connection | None:
        """The connection of exactly this installation; never another one for want of it."""
        key = (app_id, enterprise_id, team_id)
        if (known := self._found.get(key)) is not None:
            return known
        found = await connections.of_installation(db, app_id=app_id, enterprise_id=enterprise_id, team_id=team_id)
        if found is not None:
            self._found[key] = found
        return found


class Installations:
    """The clients of the connections whose tokens this replica has, and which of them Slack refuses for now."""

    def __init__(self) -> None:
        self._clients: dict[UUID, Client] = {}
        self._scopes: dict[UUID, Scope] = {}
        self._broken: TTLCache[UUID, Broken] = TTLCache(maxsize=_MOST_REMEMBERED, ttl=_BROKEN_SECONDS)

    def put(self, scope: Scope, client: Client) -> None:
        """Have a token for a connection from now on."""
        self._clients[scope.connection_id] = client
        self._scopes[scope.connection_id] = scope
        self._broken.pop(scope.connection_id, None)

    async def client(self, connection: Connection | UUID) -> Client | Broken:
        """The client that speaks for a connection, also while it is suspended; Broken when this replica has no token.

        Asynchronous, because a token may have to be read from the database; each is read once.
        """
        id = connection.id if isinstance(connection, Connection) else connection
        return self._clients.get(id, _NO_TOKEN)

    def suspend(self, connection_id: UUID, failure: Broken) -> None:
        """Slack refused this token: ask again only after a while, however many cards wait."""
        self._broken[connection_id] = failure

    def suspended(self, connection_id: UUID) -> Broken | None:
        """Why this token is not to be used at the moment."""
        return self._broken.get(connection_id)

    @property
    def served(self) -> Sequence[Scope]:
        """The connections that this replica has a token for."""
        return list(self._scopes.values())

    @property
    def working(self) -> Sequence[Scope]:
        """Those of them whose token Slack does not refuse."""
        return [scope for id, scope in self._scopes.items() if id not in self._broken]


async def establish(db: Database, identity: Identity, *, app_id: str, organization: str) -> Connection:
    """The connection of this installation, made with its organization when the database does not know it yet.

    One that was disabled is given as it is: only an operator enables it. Several replicas may do this at once: one of
    them makes the rows, the others find them.
    """
    known = await connections.of_installation(
        db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
    )
    if known is not None:
        return await _connect(db, identity, app_id=app_id, organization_id=known.organization_id)
    disabled = await connections.disabled_of_installation(
        db, app_id=app_id, enterprise_id=identity.enterprise_id, team_id=identity.team_id
    )
    if disabled is not None:
        return disabled
    try:
        async with db.acquire() as connection, connection.transaction():
            organization_id = ids.new()
            await organizations.create(connection, organization_id=organization_id, name=organization)
            made = await _connect(connection, identity, app_id=app_id, organization_id=organization_id)
    except OwnedElsewhere:  # by the organization that another replica made a moment ago
        return await establish(db, identity, app_id=app_id, organization=organization)
    _log.info("connection_made", connection=ids.encode("con", made.id), team=made.team_id, app=app_id)
    return made


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
