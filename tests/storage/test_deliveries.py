"""Leasing what is owed to agents: two for each receiver, whoever asks, and cheap however much is owed to one."""

import asyncio
import json

from bridge import ids
from storage import deliveries, interactions, statements, webhook_endpoints
from storage.deliveries import IN_FLIGHT
from storage.model import WebhookEndpoint
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant

REPLICAS = 8


async def endpoint(db: Database, tenant: Tenant) -> WebhookEndpoint:
    made = await webhook_endpoints.create(
        db, tenant.scope.organization_id, id=ids.new(), url="https://hooks.example.com/", types=None
    )
    assert isinstance(made, WebhookEndpoint)
    return made


async def owed(db: Database, tenant: Tenant, number: int) -> None:
    for _ in range(number):
        await interactions.claim(db, build.click(await build.question(db, tenant)))


async def many(db: Database, number: int) -> None:
    """So many deliveries more like the first, each of an event of its own."""
    await db.fetch(
        "with told as (insert into events (organization_id, id, interaction_id, type) "
        "select organization_id, gen_random_uuid(), interaction_id, 'interaction.answered' "
        "from (select * from deliveries limit 1) as first, generate_series(1, $1) "
        "returning organization_id, id, interaction_id) "
        "insert into deliveries (organization_id, target_id, event_id, interaction_id, endpoint_id) "
        "select told.organization_id, target_id, told.id, told.interaction_id, endpoint_id "
        "from told, (select * from deliveries limit 1) as first",
        number,
    )


async def test_m081_however_many_replicas_lease_at_once_a_receiver_gets_two(db: Database, tenant: Tenant) -> None:
    await endpoint(db, tenant)
    await owed(db, tenant, 1)
    await many(db, 40)
    await asyncio.gather(*(db.fetch("select pg_sleep(0.1)") for _ in range(REPLICAS)))  # every connection is open
    for _ in range(10):
        leased = await asyncio.gather(*(deliveries.lease(db, most=50) for _ in range(REPLICAS)))

        assert sum(len(one) for one in leased) == IN_FLIGHT
        await db.fetch("update deliveries set leased_until = null")


async def test_m081_what_is_owed_to_one_receiver_is_not_read_to_find_what_is_owed_to_another(
    db: Database, tenant: Tenant
) -> None:
    other = await build.tenant(db)
    await endpoint(db, tenant)
    await owed(db, tenant, 1)
    await many(db, 20_000)
    quick = await endpoint(db, other)
    await owed(db, other, 1)
    await db.fetch("analyze deliveries")
    assert {one.target_id for one in await deliveries.lease(db, most=50)} >= {quick.id}
    lease = statements.load("deliveries")["lease"]
    values = {"most": 50, "each": IN_FLIGHT, "seconds": 20, "overlap": 0}

    async with db.acquire() as connection, connection.transaction():
        (row,) = await connection.fetch(
            f"explain (analyze, buffers, format json) {lease.sql}", *lease.arguments(values)
        )

    plan = json.loads(row["QUERY PLAN"])[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 300, "20,000 rows have hundreds of blocks"


async def test_whose_lease_ran_out_and_was_taken_over_writes_nothing_back(db: Database, tenant: Tenant) -> None:
    await endpoint(db, tenant)
    await owed(db, tenant, 1)
    (stale,) = await deliveries.lease(db, most=1)
    await db.fetch("update deliveries set leased_until = clock_timestamp()")
    (held,) = await deliveries.lease(db, most=1)
    before = await db.fetch("select * from deliveries")

    assert not await deliveries.renew(db, stale)
    assert not await deliveries.accepted(db, stale, outcome={"status": 204, "detail": "late"})
    assert (
        await deliveries.failed(db, stale, outcome={"status": 410, "detail": "late"}, seconds=None, gone=True) is None
    )

    assert await db.fetch("select * from deliveries") == before
    assert await deliveries.accepted(db, held, outcome={"status": 204, "detail": "in time"})
