"""Whose a click is and which token speaks: found exactly, remembered for a moment, made once."""

import asyncio
import io
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bridge import ids
from bridge.slack import connections
from bridge.slack.client import Client, Identity
from bridge.slack.connections import TOKEN_MISSING, Directory, Installations
from bridge.slack.errors import Broken
from storage import pool
from storage.model import Scope
from storage.pool import Database
from tests.bridge.replica import Counting
from tests.storage import build

BROKEN = Broken(code="token_revoked", detail="Slack said token_revoked.", fix="Install the app again.")
ACME = Identity(
    app_id="A0ACME",
    enterprise_id=None,
    team_id="T0ACME",
    home_teams=["T0ACME"],
    bot_user_id="U0BOT",
    name="Acme",
)


async def test_a_connection_is_found_by_its_app_and_workspace_and_an_enterprise_s_by_app_and_enterprise(
    db: Database,
) -> None:
    tenant = await build.tenant(db, team="T0ACME", app="A0ACME")
    directory = Directory()

    for enterprise_id in (None, "E0ACME", "E0OTHER"):
        found = await directory.find(db, app_id="A0ACME", enterprise_id=enterprise_id, team_id="T0ACME")
        assert found == tenant.connection
    strangers: list[dict[str, Any]] = [
        {"app_id": "A0OTHER", "enterprise_id": None, "team_id": "T0ACME"},
        {"app_id": "A0ACME", "enterprise_id": None, "team_id": "T0OTHER"},
        {"app_id": "A0ACME", "enterprise_id": "T0ACME", "team_id": None},
        {"app_id": "A0ACME", "enterprise_id": "E0ACME", "team_id": None},
    ]
    for stranger in strangers:
        assert await directory.find(db, **stranger) is None
    wide = await connections.establish(
        db, replace(ACME, enterprise_id="E0ACME", team_id=None), app_id="A0ACME", organization="Acme"
    )
    assert await directory.find(db, app_id="A0ACME", enterprise_id="E0ACME", team_id=None) == wide
    assert await directory.find(db, app_id="A0ACME", enterprise_id="E0ACME", team_id="T0ACME") == tenant.connection


async def test_the_known_are_remembered_and_the_unknown_looked_up_each_time(db: Database) -> None:
    counting, directory = Counting(db), Directory()
    who: dict[str, Any] = {"app_id": "A0ACME", "enterprise_id": None, "team_id": "T0ACME"}
    assert [await directory.find(counting, **who) for _ in range(3)] == [None] * 3
    await build.tenant(db, team="T0ACME", app="A0ACME")
    asked = len(counting.statements)

    assert all([await directory.find(counting, **who) for _ in range(3)])

    assert (asked, len(counting.statements)) == (3, 4)


async def test_a_token_that_slack_refused_is_not_used_until_a_new_one_comes() -> None:
    async with aiohttp.ClientSession() as http:
        client = Client(token="xoxb-1", api_url="http://127.0.0.1:9/api/", http=http)
        scope = Scope(organization_id=ids.new(), connection_id=ids.new())
        id = scope.connection_id
        installations = Installations()
        installations.put(scope, client)
        assert (await installations.client(id), installations.suspended(id)) == (client, None)
        assert installations.working == [scope]

        installations.suspend(id, BROKEN)
        assert (await installations.client(id), installations.suspended(id)) == (client, BROKEN)
        assert installations.suspended(ids.new()) is None
        assert (installations.served, installations.working) == ([scope], [])

        installations.put(scope, client)
        assert installations.suspended(id) is None
        assert installations.working == [scope]


async def test_a_connection_whose_token_is_elsewhere_has_no_client_here(db: Database) -> None:
    connection = (await build.tenant(db)).connection
    installations = Installations()

    for asked in (connection, connection.id):
        told = await installations.client(asked)

        assert isinstance(told, Broken) and told.code == TOKEN_MISSING


async def test_a_new_installation_gets_an_organization_and_a_known_one_keeps_its_own(
    db: Database, log: io.StringIO
) -> None:
    made = await connections.establish(db, ACME, app_id="A0ACME", organization="Acme Inc.")
    again = await connections.establish(db, ACME, app_id="A0ACME", organization="Another name")

    assert again.scope == made.scope
    rows = await db.fetch("select name from organizations")
    assert [row["name"] for row in rows] == ["Acme Inc."]
    assert log.getvalue().count("connection_made") == 1


async def test_what_slack_tells_anew_is_refreshed(db: Database) -> None:
    await connections.establish(db, ACME, app_id="A0ACME", organization="Acme")

    renamed = replace(ACME, name="Acme Ltd.", bot_user_id="U0NEW")
    found = await connections.establish(db, renamed, app_id="A0ACME", organization="Acme")

    assert (found.name, found.bot_user_id) == ("Acme Ltd.", "U0NEW")


async def test_a_workspace_that_moves_into_an_enterprise_stays_the_same_connection_and_the_log_has_it(
    db: Database, log: io.StringIO
) -> None:
    made = await connections.establish(db, ACME, app_id="A0ACME", organization="Acme")

    moved = [
        await connections.establish(
            db, replace(ACME, enterprise_id="E0ACME"), app_id="A0ACME", organization="Acme, moved"
        )
        for _ in range(2)
    ]

    assert [(one.scope, one.enterprise_id) for one in moved] == [(made.scope, "E0ACME")] * 2
    assert len(await db.fetch("select from organizations")) == 1
    [line] = [line for line in log.getvalue().splitlines() if "connection_enterprise_changed" in line]
    assert '"team": "T0ACME"' in line and '"after": "E0ACME"' in line


async def test_many_replicas_that_start_at_once_make_one_connection(db: Database, dsn: str) -> None:
    async with pool.connect(dsn, name="other", size=10) as other:
        made = await asyncio.gather(
            *(connections.establish(one, ACME, app_id="A0ACME", organization="Acme") for one in [db, other] * 5)
        )

    assert len({connection.scope for connection in made}) == 1
    rows = await db.fetch("select (select count(*) from organizations) as o, (select count(*) from connections) as c")
    assert (rows[0]["o"], rows[0]["c"]) == (1, 1), "the losers leave no empty organization behind"


async def test_an_installation_that_another_organization_has_is_found_and_not_taken(db: Database) -> None:
    tenant = await build.tenant(db, team="T0ACME", app="A0ACME")

    found = await connections.establish(db, ACME, app_id="A0ACME", organization="Acme")

    assert found.scope == tenant.scope


@pytest.mark.parametrize("app_id", ["A0ACME", "A0OTHER"])
async def test_another_app_in_the_same_workspace_is_another_connection(db: Database, app_id: str) -> None:
    tenant = await build.tenant(db, team="T0ACME", app="A0ACME")

    found = await connections.establish(db, ACME, app_id=app_id, organization="Acme")

    assert (found.scope == tenant.scope) == (app_id == "A0ACME")
