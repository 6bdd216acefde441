"""Slack installations, each owned by one organization."""

from uuid import UUID

from storage import statements
from storage.model import Connection
from storage.statements import Runs

_SQL = statements.load("connections")


class OwnedElsewhere(Exception):
    """This app is already connected in this workspace by another organization. Disconnect it there first."""


async def of_installation(
    db: Runs, *, app_id: str, enterprise_id: str | None, team_id: str | None
) -> Connection | None:
    """The active connection of exactly this installation; `team_id` is None for an organization-wide one."""
    row = await _SQL["of_installation"].maybe(db, app_id=app_id, enterprise_id=enterprise_id, team_id=team_id)
    return Connection(**row) if row else None


async def of_organization(db: Runs, organization_id: UUID) -> list[Connection]:
    """The active connections of one organization, oldest first."""
    rows = await _SQL["of_organization"].many(db, organization_id=organization_id)
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
    """Give an installation to an organization, or refresh what is known of it; raises OwnedElsewhere."""
    row = await _SQL["connect"].maybe(
        db,
        organization_id=organization_id,
        id=id,
        app_id=app_id,
        enterprise_id=enterprise_id,
        team_id=team_id,
        home_teams=home_teams,
        bot_user_id=bot_user_id,
        name=name,
    )
    if row is None:
        raise OwnedElsewhere(
            f"App {app_id} is already connected in {team_id or enterprise_id} by another organization: "
            "disconnect it there first."
        )
    return Connection(**row)
