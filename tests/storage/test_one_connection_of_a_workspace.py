"""Migration 22: of several active connections of one app and workspace the newest stays."""

from datetime import timedelta

import pytest

from bridge import ids
from storage import connections, interactions, migrate
from storage.connections import OwnedElsewhere
from storage.interactions import Disconnected
from storage.model import Connection, Status
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import elapse

MOVE = "update connections set enterprise_id = $2, created_at = created_at + $3 where id = $1"
[MIGRATION] = [one for one in migrate.ours() if one.version == 22]


@pytest.fixture
async def former(db: Database) -> Database:
    """A database as the release before left it."""
    await db.fetch("drop index connections_workspace, connections_enterprise")
    return db


async def moved(db: Database, team: str, *, app: str = "A0ASKBRIDGE") -> list[Tenant]:
    """Connections of one app and workspace: before it was in an enterprise, in one, and in the next one."""
    tenants = []
    for number, enterprise in enumerate(["E0LAST", "E0FIRST", None]):
        tenant = await build.tenant(db, team=team, app=app)
        await db.fetch(MOVE, tenant.connection.id, enterprise, -timedelta(days=number))
        tenants.append(tenant)
    return tenants


async def migrated(db: Database) -> None:
    async with db.acquire() as connection, connection.transaction():
        await connection.execute(MIGRATION.sql)


async def all_of(db: Database, tenant: Tenant) -> Connection:
    [connection] = await connections.all_of_organization(db, tenant.scope.organization_id)
    return connection


async def test_of_two_connections_of_one_workspace_the_migration_leaves_the_newer(former: Database) -> None:
    newest, *older = await moved(former, "T0ACME")
    stay = [newest, await build.tenant(former, team="T0ACME", app="A0OTHER"), await build.tenant(former, team="T0NEXT")]
    kept = [await build.question(former, tenant) for tenant in stay]
    ended = [await build.question(former, tenant, card_ids=[ids.new()]) for tenant in older for _ in range(3)]

    await migrated(former)

    assert [(await all_of(former, tenant)).disabled_at is None for tenant in (*stay, *older)] == [True] * 3 + [
        False
    ] * 2
    for tenant, question in zip(stay, kept, strict=True):
        assert (await build.read(former, tenant, question.id)).status is Status.PENDING
    for tenant, question in zip([tenant for tenant in older for _ in range(3)], ended, strict=True):
        row = await build.read(former, tenant, question.id)
        assert (row.status, row.reason) == (Status.CANCELLED, connections.DISCONNECTED)
    events = await former.fetch("select interaction_id, owed, detail from events where type = 'interaction.cancelled'")
    assert {event["interaction_id"] for event in events} == {question.id for question in ended}
    assert all(event["owed"] for event in events) and len(events) == 6
    cards = await former.fetch("select interaction_id from cards where wanted = 2")
    assert {card["interaction_id"] for card in cards} == {question.id for question in ended}
    with pytest.raises(OwnedElsewhere, match="another connection now"):
        await connections.enable(
            former, organization_id=older[0].scope.organization_id, id=older[0].scope.connection_id
        )


async def test_what_the_migration_cancelled_can_neither_be_answered_nor_asked_again(former: Database) -> None:
    _, older, _ = await moved(former, "T0ACME")
    question = await build.question(former, older)
    overdue = await build.question(former, older)
    await elapse(former, "interactions", timedelta(hours=2), overdue.id, where="id = $1")

    await migrated(former)

    claimed = await interactions.claim(former, build.click(question))
    assert claimed.verdict == "cancelled"
    assert isinstance(await interactions.open(former, build.opening(older)), Disconnected)
    assert (await build.read_with_end(former, older, overdue.id)).status is Status.UNREACHABLE


async def test_a_database_with_one_connection_of_each_is_left_as_it_is(former: Database) -> None:
    tenants = [await build.tenant(former) for _ in range(3)]

    await migrated(former)

    assert [(await all_of(former, tenant)) for tenant in tenants] == [tenant.connection for tenant in tenants]


async def test_an_operator_may_keep_the_older_connection_instead(former: Database) -> None:
    newer, older, _ = await moved(former, "T0ACME")
    await migrated(former)

    await connections.disable(
        former, organization_id=newer.scope.organization_id, id=newer.scope.connection_id, new_id=ids.new
    )
    await connections.enable(former, organization_id=older.scope.organization_id, id=older.scope.connection_id)

    who = {"app_id": "A0ASKBRIDGE", "team_id": "T0ACME"}
    found = await connections.of_installation(former, **who, enterprise_id="E0LAST")
    assert found is not None and found.scope == older.scope
    refreshed = await connections.connect(
        former,
        **who,
        organization_id=found.organization_id,
        id=ids.new(),
        enterprise_id="E0LAST",
        home_teams=found.home_teams,
        bot_user_id=found.bot_user_id,
        name=found.name,
    )
    assert (refreshed.id, refreshed.enterprise_id) == (found.id, "E0LAST")
    assert (await build.question(former, older)).status is Status.PENDING
