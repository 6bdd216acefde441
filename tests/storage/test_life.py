"""The database's constraints make impossible states impossible, whatever a statement tries."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from bridge import ids
from storage import events, interactions
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant

ENDED = "ended_at = clock_timestamp()"
ANSWERED = f"status = 'answered', {ENDED}, answer = '{{}}', choice = 'approve', claim_id = sha256('x')"
REASON = 'reason = \'{"code": "is_archived"}\''
OTHER = f"superseded_by = '{uuid4()}'"

HEARD = "heard_at = clock_timestamp()"


def receipt(status: str, *, at: str = "now", picked_up_at: str = "now") -> str:
    return f'receipt = \'{{"status": "{status}", "at": "{at}", "picked_up_at": "{picked_up_at}"}}\''


POSSIBLE = [
    ANSWERED,
    f"{ANSWERED}, answered_by = 'U0ANA'",
    f"status = 'expired', {ENDED}",
    f"status = 'cancelled', {ENDED}, {REASON}",
    f"status = 'unreachable', {ENDED}, {REASON}",
    f"status = 'superseded', {ENDED}, {OTHER}",
    "idempotency_key = 'deploy-1', request_hash = ''",
    "responders = null, home_teams = null",
    "on_expiry = 'deny'",
    f"{ANSWERED}, unheard = true",
    f"{ANSWERED}, {HEARD}, {receipt('picked_up')}",
    f"{ANSWERED}, {HEARD}, {receipt('failed', picked_up_at='before')}",
    f"status = 'expired', {ENDED}, {HEARD}",
]
IMPOSSIBLE = [
    f"status = 'open', {ENDED}",
    # pending, with a part of an end
    ENDED,
    "answer = '{}'",
    "choice = 'approve'",
    "claim_id = sha256('x')",
    "answered_by = 'U0ANA'",
    REASON,
    OTHER,
    # answered, with a part missing
    ANSWERED.replace(ENDED, "ended_at = null"),
    ANSWERED.replace("'{}'", "null"),
    ANSWERED.replace("'approve'", "null"),
    ANSWERED.replace("sha256('x')", "null"),
    ANSWERED.replace("sha256('x')", "'short'"),
    f"{ANSWERED}, {REASON}",
    f"{ANSWERED}, {OTHER}",
    # ended in another way
    "status = 'expired'",
    f"status = 'expired', {ENDED}, answer = '{{}}'",
    f"status = 'expired', {ENDED}, choice = 'approve'",
    f"status = 'expired', {ENDED}, answered_by = 'U0ANA'",
    f"status = 'expired', {ENDED}, claim_id = sha256('x')",
    f"status = 'expired', {ENDED}, {REASON}",
    f"status = 'cancelled', {ENDED}",
    f"status = 'cancelled', {REASON}",
    f"status = 'unreachable', {ENDED}",
    f"status = 'superseded', {ENDED}",
    f"status = 'superseded', {OTHER}",
    f"status = 'superseded', {ENDED}, {OTHER}, {REASON}",
    # acknowledged or acted on before there was an end
    HEARD,
    "unheard = true",
    f"status = 'expired', {ENDED}, unheard = true",
    f"{ANSWERED}, {receipt('picked_up')}",
    f"{ANSWERED}, {HEARD}, {receipt('begun')}",
    f"{ANSWERED}, {HEARD}, {receipt('picked_up', picked_up_at='before')}",
    f"status = 'expired', {ENDED}, {HEARD}, {receipt('failed')}",
    # never valid
    "expires_at = created_at",
    "on_expiry = 'perhaps'",
    "cards_left = -1",
    "cards_shown = -1",
    "responders = '{}'",
    "home_teams = '{}'",
    "idempotency_key = 'deploy-1'",
    "request_hash = ''",
    "callback = 'https://hooks.example.com/'",
    f"callback_target = '{uuid4()}'",
    "is_anchor = true",
]
IMPOSSIBLE_CARDS = [
    "channel = 'C0'",
    "ts = '1.1'",
    "shown = 2",
    "given_up_at = clock_timestamp()",
]
OVER = "ended_at = clock_timestamp(), outcome = '{}'"
POSSIBLE_DELIVERIES = [
    f"status = 'delivered', {OVER}",
    f"status = 'dead', {OVER}",
    "leased_until = clock_timestamp(), outcome = '{}'",
    f"endpoint_id = null, target_id = '{uuid4()}'",
]
IMPOSSIBLE_DELIVERIES = [
    f"status = 'sent', {OVER}",
    OVER,
    "status = 'delivered', outcome = '{}'",
    "status = 'dead', ended_at = clock_timestamp()",
    f"status = 'delivered', leased_until = clock_timestamp(), {OVER}",
    "failures = -1",
    f"target_id = '{uuid4()}'",
    "interaction_id = null",
]
IMPOSSIBLE_ENDPOINTS = [
    "types = '{}'",
    "generation = 0",
    "generation = 0, rotated_at = clock_timestamp()",
    "generation = 2",
    "rotated_at = clock_timestamp()",
    "disabled_at = clock_timestamp()",
    "disabled_reason = 'asked'",
]
REFUSED = {
    "interactions": IMPOSSIBLE,
    "cards": IMPOSSIBLE_CARDS,
    "deliveries": IMPOSSIBLE_DELIVERIES,
    "webhook_endpoints": IMPOSSIBLE_ENDPOINTS,
}


async def test_every_way_a_question_may_be_is_possible(db: Database, tenant: Tenant) -> None:
    for change in POSSIBLE:
        question = await build.question(db, tenant)

        await db.fetch(f"update interactions set {change} where id = $1", question.id)


async def test_a_question_cannot_be_in_two_states_or_between_them(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    allowed = [change for change in IMPOSSIBLE if await takes(db, f"update interactions set {change}")]

    assert not allowed
    assert await build.read(db, tenant, question.id) == question


async def test_a_card_cannot_be_half_posted_or_given_up_without_a_reason(db: Database, tenant: Tenant) -> None:
    await build.question(db, tenant)

    assert not [change for change in IMPOSSIBLE_CARDS if await takes(db, f"update cards set {change}")]


async def owed(db: Database, tenant: Tenant) -> None:
    """Write a delivery to an endpoint."""
    await build.endpoint(db, tenant)
    await interactions.claim(db, build.click(await build.question(db, tenant)))
    await events.number(db)


async def test_a_delivery_and_an_endpoint_cannot_be_in_two_states(db: Database, tenant: Tenant) -> None:
    await owed(db, tenant)
    for table in ("deliveries", "webhook_endpoints"):
        assert not [change for change in REFUSED[table] if await takes(db, f"update {table} set {change}")]
    async with db.acquire() as connection, connection.transaction():
        for change in POSSIBLE_DELIVERIES:
            assert await takes(connection, f"update deliveries set {change}")


@pytest.mark.parametrize("tables", [["interactions", "cards"], ["deliveries", "webhook_endpoints"]], ids=" ".join)
async def test_no_check_is_without_a_row_that_only_it_refuses(db: Database, tenant: Tenant, tables: list[str]) -> None:
    """Otherwise a migration could lose a check without a failing test."""
    await (owed(db, tenant) if "deliveries" in tables else build.question(db, tenant))
    checks = await db.fetch(
        "select conrelid::regclass::text as of, conname as name from pg_constraint "
        "where contype = 'c' and conrelid::regclass::text = any ($1)",
        tables,
    )
    async with db.acquire() as connection:
        for check in checks:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(f"alter table {check['of']} drop constraint {check['name']}")
            changes = REFUSED[check["of"]]
            missed = [change for change in changes if await takes(connection, f"update {check['of']} set {change}")]
            await transaction.rollback()

            assert missed, f"no row of this test needs {check['name']}"


async def takes(db: Database | PoolConnectionProxy, statement: str, *arguments: Any) -> bool:
    """Return whether the database accepts this statement; on a single connection it is rolled back."""
    try:
        if isinstance(db, Database):
            await db.fetch(statement, *arguments)
        else:
            savepoint = db.transaction()
            await savepoint.start()
            try:
                await db.execute(statement, *arguments)
            finally:
                await savepoint.rollback()
    except asyncpg.exceptions.IntegrityConstraintViolationError:
        return False
    return True


@pytest.mark.parametrize("column", ["organization_id", "connection_id", "key_id"])
async def test_nothing_points_into_another_organization(db: Database, tenant: Tenant, column: str) -> None:
    other = await build.tenant(db)
    question = await build.question(db, tenant)
    foreign = {"organization_id": other.scope.organization_id, "connection_id": other.scope.connection_id}
    value = (foreign | {"key_id": other.key_id})[column]

    assert not await takes(db, f"update interactions set {column} = $1 where id = $2", value, question.id)


@pytest.mark.parametrize(
    "insert",
    [
        "insert into events (organization_id, id, interaction_id, type) values ($1, $3, $2, 'interaction.created')",
        """insert into clicks (organization_id, claim_id, connection_id, interaction_id, verdict, user_id)
        values ($1, sha256(uuid_send($3)), $3, $2, 'taken', 'U0ANA')""",
        """insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address)
        values ($1, $3, $2, $3, 1, '{}')""",
        "insert into deliveries (organization_id, target_id, event_id, interaction_id) values ($1, $3, $3, $2)",
    ],
    ids=["events", "clicks", "cards", "deliveries"],
)
async def test_nothing_is_written_on_another_organizations_question(db: Database, tenant: Tenant, insert: str) -> None:
    other = await build.tenant(db)
    question = await build.question(db, tenant)

    assert not await takes(db, insert, other.scope.organization_id, question.id, ids.new())
    assert await takes(db, insert, tenant.scope.organization_id, question.id, ids.new())


async def test_a_verdict_that_is_never_stored_cannot_be(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    insert = (
        "insert into clicks (organization_id, claim_id, connection_id, interaction_id, verdict, user_id) "
        "values ($1, $2, $3, $4, $5, 'U0ANA')"
    )
    scope = (question.organization_id, question.connection_id)

    assert not await takes(db, insert, scope[0], build.envelope(), scope[1], question.id, "unavailable")
    assert not await takes(db, insert, scope[0], b"not a digest", scope[1], question.id, "taken")
    assert await takes(db, insert, scope[0], build.envelope(), scope[1], question.id, "taken")
