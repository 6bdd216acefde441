"""The rate limit of an organization: over all its keys and replicas, at almost no cost, and for no other's requests."""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge import ids
from bridge.agents.http.problems import ApiProblem
from bridge.agents.limits import request_cost
from bridge.agents.limits.limit_values import USUAL, Limits
from bridge.agents.limits.rate_limiter import RateLimiter
from storage import keys, pool
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.replica import Counting
from tests.storage import build
from tests.waiting import until

SLOW = replace(USUAL, requests_per_second=1, request_burst=5)
STILL = replace(SLOW, requests_per_second=0.03)  # the bucket gains nothing while a test runs
NOTHING = f"/v1/interactions/{ids.encode('int', ids.new())}"


async def statuses(door: Door, number: int, **other: Any) -> list[int]:
    """The statuses of so many concurrent requests."""
    replies = await asyncio.gather(*(door.call("GET", NOTHING, **other) for _ in range(number)))
    return [reply.status for reply in replies]


async def until_answered(door: Door, status: int) -> None:
    """Send one request at a time until one gets this status."""

    async def is_answered() -> bool:
        return await statuses(door, 1) == [status]

    look: Callable[[], Awaitable[bool]] = is_answered
    await until(look, lambda answer: answer)


async def test_beyond_the_burst_every_request_is_told_which_limit_it_was_and_when_to_come_back(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=STILL) as door:
        assert await statuses(door, 5) == [404] * 5
        for method, path in (("POST", "/v1/interactions"), ("GET", "/v1/interactions"), ("GET", NOTHING)):
            reply = await door.call(method, path, json=doors.body() if method == "POST" else None)

            assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (429, "rate_limited", "34")
            assert (
                "0.03 requests a second, and 5 at once" in reply.json["detail"] and "?wait=50" in reply.json["detail"]
            )
        assert await door.rows() == 0


async def test_who_comes_back_when_it_was_told_is_let_in(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=SLOW) as door:
        await statuses(door, 5)
        refused = await door.call("GET", NOTHING)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")

        await until_answered(door, 404)


async def test_who_ignores_when_to_come_back_is_answered_ten_times_a_second_and_no_oftener(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=STILL) as door:
        await statuses(door, 5)
        began = time.monotonic()
        assert [await statuses(door, 1) for _ in range(5)] == [[429]] * 5

        assert time.monotonic() - began > 0.45


async def test_all_keys_of_an_organization_count_together_and_no_other_s(db: Database) -> None:
    tenant, neighbour = await build.tenant(db), await build.tenant(db)
    _, second = await keys.create(db, organization_id=tenant.scope.organization_id, id=ids.new(), name="second")
    async with doors.door(db, tenant, limits=STILL) as door:
        assert sorted(await statuses(door, 10)) == [404] * 5 + [429] * 5

        assert await statuses(door, 1, key=second) == [429]
        assert await statuses(door, 5, key=neighbour.secret) == [404] * 5


async def test_a_request_that_waits_counts_once(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=STILL) as door:
        asked = await door.ask()
        waiting = asyncio.create_task(door.get(asked.json["id"], wait=30))
        await door.waiting()
        for _ in range(20):
            door.notifier.interaction_changed(door.tenant.scope.organization_id, asked.id)
            await asyncio.sleep(0)

        assert sorted(await statuses(door, 4)) == [404] * 3 + [429]
        await door.click(asked.id)
        assert (await waiting).json["status"] == "answered"


async def test_two_replicas_that_are_flooded_let_through_burst_and_rate_and_a_slice_each(
    db: Database, other: Database
) -> None:
    limits = replace(USUAL, requests_per_second=160, request_burst=200)
    organization_id = (await build.tenant(db)).scope.organization_id
    replicas = [RateLimiter(db=one, limits=limits) for one in (db, other)]
    admitted, began = 0, time.monotonic()

    async def send(replica: RateLimiter) -> None:
        nonlocal admitted
        while time.monotonic() - began < 1.5:
            with contextlib.suppress(ApiProblem):  # a refusal takes a moment itself
                await replica.admit(organization_id)
                admitted += 1

    await asyncio.gather(*(send(replica) for replica in replicas for _ in range(16)))
    lasted = time.monotonic() - began

    slices = 2 * 160 // 8
    assert 200 < admitted <= 200 + 160 * lasted + slices


async def test_a_slice_is_one_statement_and_a_refusal_is_none(db: Database) -> None:
    counting = Counting(db)
    rate = RateLimiter(db=counting, limits=replace(USUAL, requests_per_second=80, request_burst=80))
    organization_id = (await build.tenant(db)).scope.organization_id

    await asyncio.gather(*(rate.admit(organization_id) for _ in range(80)))
    assert len(counting.statements) == 8

    refused = await asyncio.gather(*(rate.admit(organization_id) for _ in range(500)), return_exceptions=True)
    admitted = refused.count(None)  # the clock goes on
    assert len(refused) - admitted > 400
    assert len(counting.statements) <= 8 + math.ceil(admitted / 10) + 2


async def test_usually_it_costs_a_statement_for_some_dozen_requests(db: Database) -> None:
    counting = Counting(db)
    rate = RateLimiter(db=counting, limits=USUAL)
    organization_id = (await build.tenant(db)).scope.organization_id
    for _ in range(100):
        await rate.admit(organization_id)

    assert len(counting.statements) == 4


async def test_what_comes_at_once_is_let_in_one_after_the_other_with_room_for_everybody_else(db: Database) -> None:
    """The lower bounds hold on any machine: no request is admitted before its turn."""
    rate = RateLimiter(db=db, limits=USUAL)
    noisy, quiet = [(await build.tenant(db)).scope.organization_id for _ in range(2)]
    for organization_id in (noisy, quiet):
        await rate.admit(organization_id)  # takes a slice of 25
    clock = asyncio.get_running_loop().time
    entered: list[tuple[int, float]] = []

    async def enter(number: int) -> None:
        await rate.admit(noisy)
        entered.append((number, clock() - began))

    began = clock()
    burst = [asyncio.create_task(enter(number)) for number in range(24)]
    while not entered:
        await asyncio.sleep(0)
    await rate.admit(quiet)
    assert len(entered) < 24
    await asyncio.gather(*burst)

    assert [number for number, _ in entered] == list(range(24))
    assert all(at >= number * 0.0025 - 0.001 for number, at in entered)


@pytest.mark.parametrize("requests_per_second", [1, 199, 200, 201, 1_000, 1_000_000])
def test_no_limit_is_kept_low_by_the_room_between_two_requests(db: Database, requests_per_second: int) -> None:
    rate = RateLimiter(db=db, limits=replace(USUAL, requests_per_second=requests_per_second))

    assert 0 < rate.spacing <= 0.5 / requests_per_second


async def test_a_flood_is_refused_without_a_look_at_its_key(db: Database) -> None:
    counting = Counting(db)
    limits = replace(STILL, request_burst=1)
    async with doors.door(counting, await build.tenant(db), limits=limits) as door:
        await statuses(door, 3)
        before = len(counting.statements)
        flood = await statuses(door, 50)

        assert flood.count(429) >= 49
        assert len(counting.statements) - before <= 4 * (50 - flood.count(429))


async def test_a_key_that_was_revoked_is_told_so_once_the_flood_is_over(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=replace(SLOW, request_burst=1)) as door:
        await statuses(door, 2)
        await db.fetch("update keys set revoked_at = clock_timestamp()")

        await until_answered(door, 401)


async def test_what_cannot_be_counted_is_let_through(db: Database, dsn: str) -> None:
    """The limit protects the database; when that cannot be reached, the request itself is answered 503."""
    organization_id = (await build.tenant(db)).scope.organization_id
    async with pool.connect(dsn, name="gone", size=1) as gone:
        rate = RateLimiter(db=gone, limits=SLOW)
        await gone.close()

        await rate.admit(organization_id)


@pytest.mark.parametrize("rate", [1, 2, 7, 8, 200, 1_000_000])
@pytest.mark.parametrize("burst", [1, 3, 1_000_000])
async def test_any_limits_let_a_request_through_and_come_back_in_seconds(db: Database, rate: int, burst: int) -> None:
    limits = Limits(requests_per_second=rate, request_burst=burst, pending_questions=1, open_requests=1)
    limiter = RateLimiter(db=db, limits=limits)

    await limiter.admit((await build.tenant(db)).scope.organization_id)
    assert limiter.retry_after == 1


async def test_large_bodies_and_answers_count_as_several_and_refused_bodies_as_more(db: Database) -> None:
    limits = replace(USUAL, requests_per_second=0.03, request_burst=400)
    padding = " " * (8 * request_cost.BYTES)

    async def counted(door: Door, **other: Any) -> float:
        """How many requests the next one counts as, and the one that shows it."""
        before = await taken(door, limits)
        await door.call(**other)
        await door.call("GET", NOTHING)  # takes what the one before owes
        return await taken(door, limits) - before

    async with doors.door(db, await build.tenant(db), limits=limits) as door:
        small, padded = json.dumps(doors.body()), json.dumps(doors.body()) + padding
        headers = {"Content-Type": "application/json"}
        ask = {"method": "POST", "path": "/v1/interactions", "headers": headers}
        await door.call("GET", NOTHING)

        assert await counted(door, **ask, data=small) == pytest.approx(2, abs=0.1)
        assert await counted(door, **ask, data=padded) == pytest.approx(10, abs=0.1)
        assert await counted(door, **ask, data=in_pieces(padded)) == pytest.approx(10, abs=0.1)
        assert await counted(door, **ask, data='{"kind": 1}' + padding) == pytest.approx(66, abs=0.1)
        assert await counted(door, **ask, data="{" + padding) == pytest.approx(66, abs=0.1)
        for _ in range(8):
            await door.ask(doors.body(metadata={"a": "x" * 16_000}))
        size = len((await door.list()).raw)
        await door.call("GET", NOTHING)
        assert size > 16 * request_cost.BYTES
        listed = await counted(door, method="GET", path="/v1/interactions")
        assert listed == pytest.approx(2 + size // request_cost.BYTES, abs=0.1)


async def taken(door: Door, limits: Limits) -> float:
    """How many requests were taken from the bucket that this organization has in the database."""
    query = (
        "select extract(epoch from at - clock_timestamp())::float8 as seconds from throttles where name = 'requests'"
    )
    (row,) = await door.db.fetch(query)
    return float(row["seconds"]) * limits.requests_per_second


async def in_pieces(text: str) -> AsyncIterator[bytes]:
    """A body whose length is not announced."""
    yield text.encode()


async def test_what_a_request_cost_afterwards_delays_the_next_ones_of_its_organization_alone(db: Database) -> None:
    rate = RateLimiter(db=db, limits=USUAL)
    noisy, quiet = [(await build.tenant(db)).scope.organization_id for _ in range(2)]
    clock = asyncio.get_running_loop().time
    for organization_id in (noisy, quiet):
        await rate.admit(organization_id)
    began = clock()
    rate.charge(noisy, 100)
    delayed = asyncio.create_task(rate.admit(noisy))
    await rate.admit(quiet)
    assert not delayed.done()
    await delayed

    assert clock() - began + 0.01 >= 0.25


async def test_a_debt_beyond_the_burst_is_paid_in_time(db: Database) -> None:
    rate = RateLimiter(db=db, limits=replace(USUAL, requests_per_second=1_000, request_burst=10))
    organization_id = (await build.tenant(db)).scope.organization_id
    await rate.admit(organization_id)
    rate.charge(organization_id, 100)

    async def is_admitted() -> bool:
        try:
            await rate.admit(organization_id)
        except ApiProblem:
            return False
        return True

    look: Callable[[], Awaitable[bool]] = is_admitted
    await until(look, lambda admitted: admitted)
