"""Slack installations, each owned by one organization."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage import statements
from storage.model import Connection, Json, Scope
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("connections")

_BATCH = 1000  # interactions that one statement cancels
MAX_DEGRADED = 10  # connections that are named
_MAX_CARDS = 1_000  # waiting cards that are counted, of each connection twice at most

DISCONNECTED: Json = {
    "code": "disconnected",
    "detail": "The Slack workspace was disconnected from this bridge.",
    "fix": "Ask the operator of this bridge to connect the workspace again, then ask again.",
}


class OwnedElsewhere(Exception):
    """This app is already connected in this workspace by another organization. Disconnect it there first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDisabled:
    """A connection that accepts no clicks and no new interactions any more."""

    connection: Connection
    cancelled: int  # pending interactions that were cancelled by it


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradedConnection:
    """An active connection that has cards to be shown and no replica to do it, or whose clicks never came."""

    organization_id: UUID
    id: UUID
    name: str
    is_unclicked: bool  # no replica of this release has ever handled a signed click of it
    cards: int  # that wait while no replica can post for it
    since: datetime | None  # when the oldest of these became due
    unserved: int  # connections for whose waiting cards there is no replica
    unclicked: int  # connections whose clicks never came


async def of_installation(
    db: Runs, *, app_id: str, enterprise_id: str | None, team_id: str | None
) -> Connection | None:
    """Return the active connection of an app in a workspace, or, if `team_id` is None, of an app in an enterprise."""
    row = await _SQL["of_installation"].maybe(db, app_id=app_id, enterprise_id=enterprise_id, team_id=team_id)
    return Connection(**row) if row else None


async def of_organization(db: Runs, organization_id: UUID) -> list[Connection]:
    """Return the active connections of one organization, oldest first."""
    rows = await _SQL["of_organization"].many(db, organization_id=organization_id)
    return [Connection(**row) for row in rows]


async def all_of_organization(db: Runs, organization_id: UUID) -> list[Connection]:
    """Return every connection of one organization, including the disabled ones, oldest first."""
    rows = await _SQL["all_of_organization"].many(db, organization_id=organization_id)
    return [Connection(**row) for row in rows]


async def disabled_of_installation(
    db: Runs, *, app_id: str, enterprise_id: str | None, team_id: str | None
) -> list[Connection]:
    """Return the disabled connections of an installation, as in `of_installation`; the last disabled comes first."""
    rows = await _SQL["disabled_of_installation"].many(db, app_id=app_id, enterprise_id=enterprise_id, team_id=team_id)
    return [Connection(**row) for row in rows]


async def connect(
    db: Runs,
    *,
    organization_id: UUID,
    id: UUID,
    app_id: str,
    enterprise_id: str | None,
    team_id: str | None,
    home_teams: list[str],
    bot_user_id: str,
    name: str,
) -> Connection:
    """Create the connection of an installation, or update the organization's own one; raises OwnedElsewhere.

    A workspace keeps its connection when it moves into an enterprise; the enterprise is updated.
    """
    values = {
        "organization_id": organization_id,
        "app_id": app_id,
        "enterprise_id": enterprise_id,
        "team_id": team_id,
        "home_teams": home_teams,
        "bot_user_id": bot_user_id,
        "name": name,
    }
    row = (
        await _SQL["refresh"].maybe(db, **values)
        or await _SQL["connect"].maybe(db, id=id, **values)
        or await _SQL["refresh"].maybe(db, **values)  # another replica created it between the two statements above
    )
    if row is None:
        raise OwnedElsewhere(
            f"App {app_id} is already connected in {team_id or enterprise_id} by another organization: "
            "disconnect it there first."
        )
    return Connection(**row)


async def disable(
    db: Database, *, organization_id: UUID, id: UUID, new_id: Callable[[], UUID], batch: int = _BATCH
) -> ConnectionDisabled | None:
    """Disable a connection and cancel its pending interactions, in one transaction.

    Once this has returned, no click can answer any interaction of the connection. `new_id` makes the ids of the events;
    one statement cancels up to `batch` interactions. None if there is no such connection.
    """
    async with db.acquire() as runs, runs.transaction():
        return await disable_within(runs, organization_id=organization_id, id=id, new_id=new_id, batch=batch)


async def disable_within(
    runs: Runs, *, organization_id: UUID, id: UUID, new_id: Callable[[], UUID], batch: int = _BATCH
) -> ConnectionDisabled | None:
    """Do what `disable` does inside the caller's transaction."""
    await _SQL["close_gate"].one(runs, id=id)
    # A statement of its own: a transaction that opened an interaction has committed, and the next snapshot sees it.
    if await _SQL["lock"].maybe(runs, organization_id=organization_id, id=id) is None:
        return None
    cancelled, seen = 0, batch
    while seen == batch:
        row = await _SQL["cancel_pending"].one(
            runs,
            organization_id=organization_id,
            connection_id=id,
            limit=batch,
            event_ids=[new_id() for _ in range(batch)],
            reason=DISCONNECTED,
        )
        seen = row["seen"]
        cancelled += row["cancelled"]
    row = await _SQL["disable"].one(runs, organization_id=organization_id, id=id)
    return ConnectionDisabled(connection=Connection(**row), cancelled=cancelled)


async def enable(db: Runs, *, organization_id: UUID, id: UUID) -> Connection | None:
    """Let a connection accept clicks and interactions again; None if there is no such one. Raises OwnedElsewhere."""
    try:
        row = await _SQL["enable"].maybe(db, organization_id=organization_id, id=id)
    except asyncpg.exceptions.UniqueViolationError:
        raise OwnedElsewhere(
            "This app is connected in this workspace by another connection now: disable that one first."
        ) from None
    return Connection(**row) if row else None


async def set_default_channel(db: Runs, *, organization_id: UUID, id: UUID, channel: str | None) -> Connection | None:
    """Set where cards go that are addressed to no one; None: nowhere. Returns None if there is no such connection."""
    row = await _SQL["set_default_channel"].maybe(db, organization_id=organization_id, id=id, default_channel=channel)
    return Connection(**row) if row else None


async def note_click(db: Runs, scope: Scope) -> bool:
    """Record that a signed click of a connection was handled; only the first one is recorded.

    False if the connection is locked at this moment, so that it must be recorded with the next click.
    """
    row = await _SQL["note_click"].one(db, organization_id=scope.organization_id, id=scope.connection_id)
    noted: bool = row["noted"]
    return noted


async def was_clicked(db: Runs, scope: Scope) -> bool:
    """Whether a replica has ever handled a signed click of this connection, active or not."""
    row = await _SQL["first_click"].maybe(db, organization_id=scope.organization_id, id=scope.connection_id)
    return row is not None and row["first_click_at"] is not None


async def degraded(db: Runs, *, limit: int = MAX_DEGRADED) -> list[DegradedConnection]:
    """Return up to `limit` active connections of all organizations that need an operator, those with cards first."""
    rows = await _SQL["degraded"].many(db, limit=limit, max_cards=_MAX_CARDS)
    return [DegradedConnection(**row) for row in rows]
