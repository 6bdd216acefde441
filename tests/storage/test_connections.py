"""Connections: one active owner for each installation, found by its app and workspace."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from storage import connections, organizations
from storage.connections import OwnedElsewhere
from storage.model import Connection
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant

APP = "A0ASKBRIDGE"


async def organization(db: Database) -> UUID:
    id = ids.new()
    await organizations.create(db, organization_id=id, name="Acme")
    return id


async def connect(db: Database, organization_id: UUID, **other: Any) -> Connection:
    values: dict[str, Any] = {
        "id": ids.new(),
        "app_id": APP,
        "enterprise_id": None,
        "team_id": "T0ACME",
        "home_teams": ["T0ACME"],
        "bot_user_id": "U0BOT",
        "name": "Acme",
    }
    return await connections.connect(db, organization_id=organization_id, **values | other)


async def disable(db: Database, connection: Connection) -> None:
    await db.fetch("update connections set disabled_at = clock_timestamp() where id = $1", connection.id)


async def test_an_installation_is_found_by_exactly_its_ids(db: Database) -> None:
    """Also within one Enterprise: a workspace's installation is neither the org-wide one nor another workspace's."""
    owner = await organization(db)
    installations: list[dict[str, Any]] = [
        {"enterprise_id": None, "team_id": "T0ACME"},
        {"enterprise_id": "E0ACME", "team_id": "T0NEXT"},
        {"enterprise_id": "E0ACME", "team_id": None},
        {"enterprise_id": "E0NEXT", "team_id": None},
    ]
    made = [await connect(db, owner, **installation) for installation in installations]

    found = [await connections.of_installation(db, app_id=APP, **installation) for installation in installations]

    assert found == made and len({connection.id for connection in made}) == 4
    assert await connections.of_installation(db, app_id="A0OTHER", **installations[0]) is None
    assert await connections.of_installation(db, app_id=APP, enterprise_id="E0ACME", team_id="T0OTHER") is None
    assert await connections.of_installation(db, app_id=APP, enterprise_id="E0OTHER", team_id=None) is None
    assert await connections.of_installation(db, app_id=APP, enterprise_id=None, team_id=None) is None


@pytest.mark.parametrize(("before", "after"), [(None, "E0ACME"), ("E0ACME", None), ("E0ACME", "E0NEXT")], ids=str)
async def test_a_workspace_keeps_its_connection_whatever_enterprise_it_moves_to(
    db: Database, before: str | None, after: str | None
) -> None:
    owner, second = await organization(db), await organization(db)
    made = await connect(db, owner, enterprise_id=before)

    with pytest.raises(OwnedElsewhere, match="T0ACME by another organization"):
        await connect(db, second, enterprise_id=after)
    moved = await connect(db, owner, enterprise_id=after)

    assert (moved.id, moved.enterprise_id) == (made.id, after)
    for named in (before, after, "E0CLICKER"):
        assert await connections.of_installation(db, app_id=APP, enterprise_id=named, team_id="T0ACME") == moved


async def test_the_release_before_creates_and_finds_connections_by_three_ids_as_before(db: Database) -> None:
    """Its statements, which run beside this release; it makes no second connection of a workspace that has moved."""
    insert = """
        insert into connections (organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name)
        values ($1, $2, 'A0ASKBRIDGE', $3, 'T0ACME', '{T0ACME}', 'U0BOT', 'Acme')
        on conflict (app_id, coalesce(enterprise_id, ''), coalesce(team_id, '')) where disabled_at is null
        do update set name = excluded.name where connections.organization_id = $1
        returning id
    """
    owner, second = await organization(db), await organization(db)
    [made] = await db.fetch(insert, owner, ids.new(), None)
    assert await db.fetch(insert, second, ids.new(), None) == []

    with pytest.raises(asyncpg.exceptions.UniqueViolationError, match="connections_workspace"):
        await db.fetch(insert, second, ids.new(), "E0ACME")
    moved = await connect(db, owner, enterprise_id="E0ACME")
    [found] = await db.fetch(insert, owner, ids.new(), "E0ACME")

    assert made["id"] == moved.id == found["id"]


@pytest.mark.parametrize(
    ("enterprise_id", "team_id"), [(None, "T0ACME"), ("E0ACME", "T0ACME"), ("E0ACME", None)], ids=str
)
async def test_a_second_organization_is_refused(db: Database, enterprise_id: str | None, team_id: str | None) -> None:
    owner, second = await organization(db), await organization(db)
    connection = await connect(db, owner, enterprise_id=enterprise_id, team_id=team_id)

    with pytest.raises(OwnedElsewhere, match=f"{team_id or enterprise_id} by another organization"):
        await connect(db, second, enterprise_id=enterprise_id, team_id=team_id, name="Mine now")

    found = await connections.of_installation(db, app_id=APP, enterprise_id=enterprise_id, team_id=team_id)
    assert found == connection
    assert await connections.of_organization(db, second) == []


async def test_of_many_organizations_at_once_one_gets_the_installation(db: Database, other: Database) -> None:
    organizations = [await organization(db) for _ in range(16)]

    got = await asyncio.gather(
        *(connect(one, id) for one, id in zip([db, other] * 8, organizations, strict=True)), return_exceptions=True
    )

    assert [type(one) for one in got].count(Connection) == 1
    assert [type(one) for one in got].count(OwnedElsewhere) == 15


async def test_connecting_again_brings_what_is_known_up_to_date_and_keeps_the_id(db: Database) -> None:
    owner = await organization(db)
    before = await connect(db, owner)

    after = await connect(db, owner, home_teams=["T0ACME", "T0NEXT"], bot_user_id="U0NEW", name="Acme Ltd")

    assert after.id == before.id
    assert (after.home_teams, after.bot_user_id, after.name) == (["T0ACME", "T0NEXT"], "U0NEW", "Acme Ltd")
    assert await connections.of_organization(db, owner) == [after]


async def test_a_disabled_connection_is_not_found_and_frees_its_installation(db: Database) -> None:
    owner, second = await organization(db), await organization(db)
    await disable(db, await connect(db, owner))

    assert await connections.of_installation(db, app_id=APP, enterprise_id=None, team_id="T0ACME") is None
    assert await connections.of_organization(db, owner) == []

    taken_over = await connect(db, second)
    assert await connections.of_installation(db, app_id=APP, enterprise_id=None, team_id="T0ACME") == taken_over
    with pytest.raises(asyncpg.exceptions.UniqueViolationError, match="connections_installation"):
        await db.fetch("update connections set disabled_at = null")


async def test_the_connections_of_an_organization_are_its_own_oldest_first(db: Database, tenant: Tenant) -> None:
    await build.tenant(db)
    second = await connect(db, tenant.scope.organization_id, team_id="T0SECOND")

    assert await connections.of_organization(db, tenant.scope.organization_id) == [tenant.connection, second]


@pytest.mark.parametrize("wrong", [{"team_id": None, "enterprise_id": None}, {"home_teams": []}], ids=str)
async def test_a_connection_that_no_click_could_match_is_refused(db: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(asyncpg.exceptions.CheckViolationError):
        await connect(db, await organization(db), **wrong)


async def test_a_connection_was_clicked_once_a_click_of_its_own_was_noted(db: Database, tenant: Tenant) -> None:
    """Also once it is disabled, and however many others were never clicked."""
    scope, other = tenant.scope, (await build.tenant(db)).scope
    before = await connections.was_clicked(db, scope)

    await connections.note_click(db, scope)
    await connections.disable(db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)

    assert (before, await connections.was_clicked(db, scope), await connections.was_clicked(db, other)) == (
        False,
        True,
        False,
    )
