"""Leasing deliveries: two for each receiver over all replicas, and cheap however many are due or postponed."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from storage import deliveries, events, interactions, statements
from storage.deliveries import IN_FLIGHT, Resumed
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import elapse, set_time

REPLICAS = 8


async def owed(db: Database, tenant: Tenant, number: int) -> None:
    for _ in range(number):
        await interactions.claim(db, build.click(await build.question(db, tenant)))
    await events.number(db)


async def many(db: Database, number: int) -> None:
    """Insert `number` deliveries more like the first, each of an event of its own."""
    await db.fetch(
        "with told as (insert into events (organization_id, id, interaction_id, type, position) "
        "select organization_id, gen_random_uuid(), interaction_id, 'interaction.answered', 1000 + number "
        "from (select * from deliveries limit 1) as first, generate_series(1, $1) as number "
        "returning organization_id, id, interaction_id) "
        "insert into deliveries (organization_id, target_id, event_id, interaction_id, endpoint_id) "
        "select told.organization_id, target_id, told.id, told.interaction_id, endpoint_id "
        "from told, (select * from deliveries limit 1) as first",
        number,
    )


async def test_m081_however_many_replicas_lease_at_once_a_receiver_gets_two(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 1)
    await many(db, 40)
    await asyncio.gather(*(db.fetch("select pg_sleep(0.1)") for _ in range(REPLICAS)))  # opens every connection
    for _ in range(10):
        leased = await asyncio.gather(*(deliveries.lease(db, limit=50) for _ in range(REPLICAS)))

        assert sum(len(one) for one in leased) == IN_FLIGHT
        await db.fetch("update deliveries set leased_until = null")


async def test_m081_what_is_owed_to_one_receiver_is_not_read_to_find_what_is_owed_to_another(
    db: Database, tenant: Tenant
) -> None:
    other = await build.tenant(db)
    await build.endpoint(db, tenant)
    await owed(db, tenant, 1)
    await many(db, 20_000)
    quick = await build.endpoint(db, other)
    await owed(db, other, 1)
    await db.fetch("analyze deliveries")

    assert await blocks(db, "lease", limit=50, max_in_flight=IN_FLIGHT, seconds=20, overlap=0) < 300, (
        "20,000 rows have hundreds"
    )
    assert {one.target_id for one in await deliveries.lease(db, limit=50)} >= {quick.id}


async def blocks(db: Database, name: str, **values: Any) -> int:
    """Return how many blocks a statement reads; it is then rolled back."""
    statement = statements.load("deliveries")[name]
    async with db.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        (row,) = await connection.fetch(
            f"explain (analyze, buffers, format json) {statement.sql}", *statement.arguments(values)
        )
        await undone.rollback()
    plan = json.loads(row["QUERY PLAN"])[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_a_receiver_that_waits_to_be_tried_again_is_not_looked_at_before_its_time(
    db: Database, tenant: Tenant
) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 1)
    (first,) = await deliveries.lease(db, limit=1)
    assert await deliveries.failed(db, first, outcome={"status": 500, "detail": ""}, seconds=3600)
    await many(db, 2_000)
    await db.fetch(
        "update deliveries set endpoint_id = null, target_id = gen_random_uuid(), failures = 1, put_off = true "
        "where event_id <> $1",
        first.event_id,
    )
    await set_time(db, "deliveries", "due_at", timedelta(hours=1), first.event_id, where="event_id <> $1")
    await owed(db, tenant, 1)
    await db.fetch("vacuum analyze deliveries")

    assert await deliveries.resume(db) == Resumed(number=0, waiting=True)
    assert await blocks(db, "resume", limit=1_000) < 10
    assert await blocks(db, "lease", limit=50, max_in_flight=IN_FLIGHT, seconds=20, overlap=0) < 100, "2,000 receivers"
    assert [one.event_id != first.event_id for one in await deliveries.lease(db, limit=50)] == [True]


async def test_what_was_put_off_is_leased_when_it_is_due_again_longest_due_first(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 3)
    for seconds in (7200, 3600, 9000):
        (leased,) = await deliveries.lease(db, limit=1)
        assert await deliveries.failed(db, leased, outcome={"status": 500, "detail": ""}, seconds=seconds)
    assert await deliveries.resume(db) == Resumed(number=0, waiting=False)
    assert await deliveries.lease(db, limit=50) == []
    await elapse(db, "deliveries", timedelta(seconds=8000))
    longest = await db.fetch("select event_id from deliveries order by due_at limit 2")

    assert (await statements.load("deliveries")["resume"].one(db, limit=1))["number"] == 1
    assert await db.fetch("select event_id from deliveries where not put_off") == longest[:1]
    assert await deliveries.resume(db) == Resumed(number=1, waiting=True)
    assert [one.event_id for one in await deliveries.lease(db, limit=2)] == [longest[0]["event_id"]]
    assert await deliveries.resume(db) == Resumed(number=0, waiting=True)


async def test_what_is_made_anew_is_put_off_no_more(db: Database, tenant: Tenant) -> None:
    there = await build.endpoint(db, tenant)
    await owed(db, tenant, 1)
    (leased,) = await deliveries.lease(db, limit=1)
    # The state that a replica of the previous release leaves when it delivers what this release had postponed.
    await db.fetch("update deliveries set put_off = true")
    assert await deliveries.accepted(db, leased, outcome={"status": 204, "detail": ""})

    assert await deliveries.replay(db, there.organization_id, there.id, since=leased.at - timedelta(hours=1)) == 1
    assert len(await deliveries.lease(db, limit=1)) == 1


async def test_what_the_release_before_put_off_is_leased_in_its_time_and_what_it_leased_is_counted(
    db: Database, tenant: Tenant
) -> None:
    """The previous release does not know `put_off`: it never sets it, and leases rows that have it."""
    await build.endpoint(db, tenant)
    await owed(db, tenant, 4)
    one, two, *_ = await db.fetch("select event_id from deliveries order by due_at")
    await set_time(db, "deliveries", "due_at", timedelta(hours=1), one["event_id"], where="event_id = $1")
    await db.fetch("update deliveries set put_off = true where event_id = $1", two["event_id"])
    await set_time(db, "deliveries", "leased_until", timedelta(hours=1), two["event_id"], where="event_id = $1")

    await deliveries.resume(db)
    leased = await deliveries.lease(db, limit=50)

    assert len(leased) == IN_FLIGHT - 1 and leased[0].event_id not in {one["event_id"], two["event_id"]}
    await db.fetch("update deliveries set leased_until = null")
    await elapse(db, "deliveries", timedelta(hours=2), one["event_id"], where="event_id = $1")
    assert one["event_id"] in {again.event_id for again in await deliveries.lease(db, limit=50)}


async def test_whose_lease_ran_out_and_was_taken_over_writes_nothing_back(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 1)
    (stale,) = await deliveries.lease(db, limit=1)
    await set_time(db, "deliveries", "leased_until")
    (held,) = await deliveries.lease(db, limit=1)
    before = await db.fetch("select * from deliveries")

    assert not await deliveries.renew(db, stale)
    assert not await deliveries.accepted(db, stale, outcome={"status": 204, "detail": "late"})
    assert await deliveries.failed(db, stale, outcome={"status": 410, "detail": "late"}, seconds=5.0, gone=True) is None

    assert await db.fetch("select * from deliveries") == before
    assert await deliveries.accepted(db, held, outcome={"status": 204, "detail": "in time"})
