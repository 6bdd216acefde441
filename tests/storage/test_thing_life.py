"""The constraints of things make impossible states impossible, whatever a statement tries; so for recoveries."""

from uuid import UUID

import pytest

from bridge import ids
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.things import recoveries
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.test_life import takes

BY = 'resolved_by = \'{"key": "deploy-bot"}\''
RESOLVED_AT = "resolved_at = clock_timestamp()"
ENDED = f"status = 'resolved', {RESOLVED_AT}, {BY}"
RESTORED = f"{ENDED}, outcome = 'restored'"
EXTERNAL = 'blocker = \'{"external": {"type": "issue", "id": "7"}}\''
DUE = "due_at = clock_timestamp()"
ESCALATED = "status = 'escalated', escalated_at = clock_timestamp()"

POSSIBLE = [
    RESTORED,
    f"{ENDED}, outcome = 'false_positive'",
    f"{ENDED}, outcome = 'blocked', {EXTERNAL}",
    f"{ENDED}, outcome = 'blocked', blocker = '{{}}', blocker_id = id",
    f"status = 'cancelled', outcome = 'cancelled', {RESOLVED_AT}, {BY}",
    f"{ESCALATED}, {DUE}, escalation_step = 5",
    "owner_agent = 'repair-bot'",
    "owner_user = 'U0ANA'",
    DUE,
    "max_attempts = 1, attempt_count = 7",
]
IMPOSSIBLE = [
    "status = 'sleeping'",
    "max_attempts = 0",
    "attempt_count = 0",
    "escalation_step = -1",
    "owner_agent = 'repair-bot', owner_user = 'U0ANA'",
    # open, with a part of an end
    "outcome = 'restored'",
    RESOLVED_AT,
    BY,
    f"{RESOLVED_AT}, {BY}",
    EXTERNAL,
    "blocker_id = id",
    f"{EXTERNAL}, blocker_id = id",
    "status = 'escalated'",
    # ended, with a part missing or too much
    ENDED,
    f"{ENDED}, outcome = 'gone'",
    f"{ENDED}, outcome = 'cancelled'",
    f"{ENDED}, outcome = 'blocked'",
    f"{ENDED}, outcome = 'blocked', blocker_id = id",
    f"{RESTORED}, {EXTERNAL}",
    f"{RESTORED}, {DUE}",
    RESTORED.replace(f", {BY}", ""),
    RESTORED.replace(f", {RESOLVED_AT}", ""),
    "status = 'resolved', outcome = 'restored'",
    RESTORED.replace("'resolved'", "'cancelled'"),
]
IMPOSSIBLE_THINGS = [
    "noun = ''",
    "responders = '{}'",
    "home_teams = '{}'",
    "moves = -1",
    "callback = 'https://hooks.example.com/'",
    "callback_target = id",
    "responders = '{U0ANA}', anyone = true",
]
IMPOSSIBLE_EVENTS = ["thing_id = null", f"interaction_id = '{UUID(int=0)}'"]
IMPOSSIBLE_CLICKS = ["refusal = '{}'", "verdict = 'unavailable'", "claim_id = 'short'"]
REFUSED = {
    "recoveries": IMPOSSIBLE,
    "things": IMPOSSIBLE_THINGS,
    "events": IMPOSSIBLE_EVENTS,
    "clicks": IMPOSSIBLE_CLICKS,
}


async def rows(db: Database, tenant: Tenant) -> UUID:
    """An open recovery, and a click on it that took nothing; the id of the recovery."""
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    await recoveries.clicked(db, recoveries.click(tenant, round_id, "delete"))
    return thing.id


async def test_every_way_a_recovery_may_be_is_possible(db: Database, tenant: Tenant) -> None:
    await rows(db, tenant)
    async with db.acquire() as connection, connection.transaction():
        refused = [change for change in POSSIBLE if not await takes(connection, f"update recoveries set {change}")]

    assert not refused


async def test_a_thing_cannot_be_in_two_states_or_between_them(db: Database, tenant: Tenant) -> None:
    await rows(db, tenant)
    async with db.acquire() as connection, connection.transaction():
        for table, changes in REFUSED.items():
            assert not [change for change in changes if await takes(connection, f"update {table} set {change}")]


@pytest.mark.parametrize("table", REFUSED)
async def test_no_check_is_without_a_row_that_only_it_refuses(db: Database, tenant: Tenant, table: str) -> None:
    """Otherwise a migration could lose a check without a failing test."""
    await rows(db, tenant)
    checks = await db.fetch(
        "select conname as name from pg_constraint where contype = 'c' and conrelid = $1::text::regclass", table
    )
    assert checks
    async with db.acquire() as connection:
        for check in checks:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(f"alter table {table} drop constraint {check['name']}")
            missed = [change for change in REFUSED[table] if await takes(connection, f"update {table} set {change}")]
            await transaction.rollback()

            assert missed, f"no row of this test needs {check['name']}"


_SECOND_RECOVERY = """
with another as (
    insert into things select (jsonb_populate_record(things, jsonb_build_object('id', $2::uuid, 'anchor_id', null))).*
    from things where id = $1
)
insert into recoveries select (jsonb_populate_record(recoveries, jsonb_build_object('id', $2::uuid))).*
from recoveries where id = $1
"""
_SECOND_ROUND = """
insert into interactions select (jsonb_populate_record(interactions, jsonb_build_object('id', $2::uuid))).*
from interactions where thing_id = $1
"""
_SECOND_MOVE = """
insert into history select (jsonb_populate_record(history, jsonb_build_object('id', $2::uuid))).*
from history where thing_id = $1
"""


@pytest.mark.parametrize("insert", [_SECOND_RECOVERY, _SECOND_ROUND, _SECOND_MOVE], ids=["source", "round", "move"])
async def test_a_source_has_one_open_row_a_thing_one_open_round_and_a_move_its_own_number(
    db: Database, tenant: Tenant, insert: str
) -> None:
    id = await rows(db, tenant)
    async with db.acquire() as connection, connection.transaction():
        assert not await takes(connection, insert, id, ids.new())

        await connection.execute(f"update recoveries set {RESTORED}")
        await connection.execute(
            "update interactions set status = 'cancelled', ended_at = clock_timestamp(), reason = '{}' "
            "where thing_id is not null"
        )
        await connection.execute("update history set number = null")
        assert await takes(connection, insert, id, ids.new()), "after its end another one may follow"


async def test_another_source_and_another_organization_may_have_an_open_row_too(db: Database, tenant: Tenant) -> None:
    for other in (tenant, await build.tenant(db)):
        await recoveries.opened(db, other, recoveries.report_of("job-1"))
        await recoveries.opened(db, other, recoveries.report_of("job-2"))

    assert await _open_rows(db) == 4


async def _open_rows(db: Runs) -> int:
    return len(await db.fetch("select from recoveries where status in ('active', 'escalated')"))


@pytest.mark.parametrize("column", ["connection_id", "key_id", "anchor_id"])
async def test_no_thing_points_into_another_organization(db: Database, tenant: Tenant, column: str) -> None:
    await rows(db, tenant)
    other = await build.tenant(db)
    question = await build.question(db, other)
    value = {"connection_id": other.connection.id, "key_id": other.key_id, "anchor_id": question.id}[column]

    assert not await takes(
        db, f"update things set {column} = $1 where organization_id = $2", value, tenant.scope.organization_id
    )


@pytest.mark.parametrize(
    "insert",
    [
        "insert into history (organization_id, thing_id, id, move, by, at) values ($1, $2, $3, 'opened', '{}', now())",
        "insert into events (organization_id, id, thing_id, type) values ($1, $3, $2, 'recovery.opened')",
        "insert into thing_requests select $1, 'key', uuid_send($3), $2, null",
        "insert into deliveries (organization_id, target_id, event_id, thing_id) values ($1, $3, $3, $2)",
    ],
    ids=["history", "events", "requests", "deliveries"],
)
async def test_nothing_is_written_on_another_organizations_thing(db: Database, tenant: Tenant, insert: str) -> None:
    id = await rows(db, tenant)
    other = await build.tenant(db)
    event_id = (await db.fetch("select id from events"))[0]["id"]

    assert not await takes(db, insert, other.scope.organization_id, id, event_id)
    async with db.acquire() as connection, connection.transaction():
        values = (tenant.scope.organization_id, id, event_id if "deliveries" in insert else ids.new())
        assert await takes(connection, insert, *values)
