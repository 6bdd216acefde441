"""Token buckets: never more than promised for all callers together; the checks catch implementations that give more."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import pytest

from storage import retention, statements, throttles
from storage.pool import Database
from storage.throttles import Bucket
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import elapse
from tests.storage.faults import until_waiting

Take: TypeAlias = Callable[[Database, UUID, Bucket], Awaitable[bool]]

BUCKET = Bucket(rate=10, burst=40)
SLOW = Bucket(rate=0.001, burst=40)  # gains no token while a test runs


async def take(db: Database, organization_id: UUID, bucket: Bucket, amount: float = 1) -> bool:
    return await throttles.take(db, organization_id, "requests", bucket, amount=amount) is not None


async def test_a_full_bucket_gives_its_burst_and_then_nothing(db: Database, tenant: Tenant) -> None:
    id = tenant.scope.organization_id

    assert [await take(db, id, SLOW, 10) for _ in range(5)] == [True] * 4 + [False]
    assert not await take(db, id, SLOW)


async def test_a_bucket_that_was_full_for_a_day_is_deleted_and_nothing_changes(db: Database, tenant: Tenant) -> None:
    id = tenant.scope.organization_id
    assert await take(db, id, BUCKET, 40)
    await elapse(db, "throttles", timedelta(days=1, seconds=-60))
    assert await retention.forget_throttles(db, limit=10) == 0, "full, but not for a day"
    await elapse(db, "throttles", timedelta(seconds=120))
    await throttles.hold(db, id, "paused", seconds=3_600)

    assert await retention.forget_throttles(db, limit=10) == 1

    assert [row["name"] for row in await db.fetch("select name from throttles")] == ["paused"]
    assert [await take(db, id, SLOW, 20) for _ in range(3)] == [True, True, False]


async def test_what_was_taken_comes_back_with_time_and_never_more_than_the_burst(db: Database, tenant: Tenant) -> None:
    id = tenant.scope.organization_id
    assert await take(db, id, SLOW, 40)

    await elapse(db, "throttles", timedelta(seconds=3_000))
    assert [await take(db, id, SLOW) for _ in range(4)] == [True] * 3 + [False]

    await elapse(db, "throttles", timedelta(seconds=1_000_000))
    assert [await take(db, id, SLOW, 20) for _ in range(3)] == [True, True, False]


async def test_a_refusal_takes_nothing(db: Database, tenant: Tenant) -> None:
    id = tenant.scope.organization_id
    assert await take(db, id, SLOW, 30)

    assert not any([await take(db, id, SLOW, 11) for _ in range(5)])
    assert await take(db, id, SLOW, 10)


async def test_it_says_when_everything_is_there_again(db: Database, tenant: Tenant) -> None:
    id = tenant.scope.organization_id
    first = await throttles.take(db, id, "requests", BUCKET, amount=10)
    second = await throttles.take(db, id, "requests", BUCKET, amount=10)

    assert first is not None and 0.5 < first <= 1.0
    assert second is not None and 1.0 < second <= 2.0


async def test_names_and_organizations_have_buckets_of_their_own(db: Database, tenant: Tenant) -> None:
    neighbour = await build.tenant(db)
    assert await take(db, tenant.scope.organization_id, SLOW, 40)

    assert await take(db, neighbour.scope.organization_id, SLOW, 40)
    assert await throttles.take(db, tenant.scope.organization_id, "other", SLOW, amount=40) is not None


async def flood(take_one: Take, db: Database, other: Database, *, rounds: int = 20) -> None:
    """Take with sixteen tasks at once on each of two replicas, for many rounds; at most the burst is given."""
    for _ in range(rounds):
        id = (await build.tenant(db)).scope.organization_id
        given = await asyncio.gather(*(take_one(one, id, SLOW) for one in (db, other) for _ in range(32)))

        assert sum(given) == SLOW.burst


async def test_two_replicas_that_flood_get_no_more_than_the_burst_together(db: Database, other: Database) -> None:
    await flood(take, db, other)


async def test_two_replicas_that_flood_get_no_more_than_burst_and_rate_together(
    db: Database, other: Database, tenant: Tenant
) -> None:
    bucket, given = Bucket(rate=100, burst=40), 0
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        given += sum(
            await asyncio.gather(
                *(take(one, tenant.scope.organization_id, bucket) for one in (db, other) for _ in range(8))
            )
        )
    lasted = time.monotonic() - began

    assert bucket.burst < given <= bucket.burst + bucket.rate * lasted + 1


async def test_a_take_that_waited_for_the_row_counts_by_the_clock_after_the_wait(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """The tokens gained during the wait can be taken."""
    id, bucket = tenant.scope.organization_id, Bucket(rate=10, burst=1)
    assert await take(db, id, bucket)
    async with other.acquire() as holder, holder.transaction():
        await holder.execute("select from throttles for update")
        waiting = asyncio.create_task(take(db, id, bucket))
        await until_waiting(holder)
        await holder.execute("select pg_sleep(0.2)")

    assert await waiting


async def check_then_take(db: Database, organization_id: UUID, bucket: Bucket) -> bool:
    """The classic mistake: read first, then take."""
    found = await db.fetch(
        "select extract(epoch from at - clock_timestamp()) as full_in from throttles where organization_id = $1",
        organization_id,
    )
    if found and float(found[0]["full_in"]) > (bucket.burst - 1) / bucket.rate:
        return False
    return await unguarded(db, organization_id, bucket)


def _without(*changes: tuple[str, str]) -> Take:
    text = statements.load("throttles")["take"].text
    for old, new in changes:
        assert old in text, f"take does not say {old!r} any more"
        text = text.replace(old, new)
    statement = statements.parse("throttles", f"-- name: take :maybe\n-- A mutant.\n{text};")["take"]

    async def changed(db: Database, organization_id: UUID, bucket: Bucket) -> bool:
        values = {"organization_id": organization_id, "name": "requests", "amount": 1}
        values |= {"rate": bucket.rate, "burst": bucket.burst}
        row = await statement.maybe(db, **{name: values[name] for name in statement.parameters})
        return row is not None

    return changed


GUARD = next(
    line for line in statements.load("throttles")["take"].text.splitlines() if line.startswith("where throttles.at")
)
unguarded = _without((GUARD, ""))
GUARDED_BY_THE_SNAPSHOT = _without(
    ("where throttles.at <=", "where (select t.at from throttles as t where t.organization_id = $organization_id) <=")
)


@pytest.mark.parametrize(
    "wrong",
    [check_then_take, unguarded, GUARDED_BY_THE_SNAPSHOT],
    ids=["check, then take", "unguarded", "guarded by the snapshot"],
)
async def test_the_flood_catches(wrong: Take, db: Database, other: Database) -> None:
    with pytest.raises(AssertionError):
        await flood(wrong, db, other)
