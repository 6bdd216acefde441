"""The limit of pending interactions: kept by racing replicas, cheap far below it, and explained when reached."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from bridge.agents.limits.limit_values import USUAL
from bridge.agents.limits.pending_quota import RETRY_SECONDS, PendingQuota
from bridge.agents.limits.quota_shares import ALLOWANCE
from storage import interactions
from storage.interactions import Opened, Opening, TooManyPending
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Reply
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import until

FEW = replace(USUAL, pending_questions=3)

Open: TypeAlias = Callable[[Opening], Awaitable[object]]


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


async def until_counted_again(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """Ask until the refusal is no longer the remembered one."""
    return await until(ask, lambda reply: reply.status != 429)


async def test_a_question_too_many_is_told_which_limit_it_was_and_what_helps(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        assert [(await door.ask()).status for _ in range(3)] == [201] * 3
        for _ in range(3):
            reply = await door.ask()

            assert (reply.status, reply.slug) == (429, "too_many_pending")
            assert reply.headers["Retry-After"] == str(RETRY_SECONDS)
            assert "has 3 questions pending" in reply.json["detail"] and "cancel" in reply.json["detail"]
        assert await door.rows() == 3


async def test_there_is_room_again_as_soon_as_one_has_ended(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        asked = [(await door.ask()).json["id"] for _ in range(3)]
        assert (await door.ask()).status == 429

        await door.cancel(asked[0])

        assert (await until_counted_again(door.ask)).status == 201
        assert (await door.ask()).status == 429


async def test_without_room_what_supersedes_or_was_asked_before_is_answered_all_the_same(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        first = await door.ask(idempotency="k")
        older = await door.ask()
        await door.ask()
        for _ in range(2):  # counted, and then remembered
            assert (await door.ask()).status == 429
            again = await door.ask(idempotency="k")
            assert (again.status, again.json["id"]) == (200, first.json["id"])
            assert (await door.ask(doors.body(title="Other?"), idempotency="k")).slug == "idempotency_mismatch"

        assert (await door.ask(doors.body(supersedes=older.json["id"]))).status == 201


async def test_organizations_have_room_of_their_own(db: Database) -> None:
    neighbour = await build.tenant(db)
    async with doors.door(db, await build.tenant(db), limits=FEW) as door:
        for _ in range(4):
            await door.ask()

        assert (await door.ask(key=neighbour.secret)).status == 201


async def test_while_there_is_much_room_few_questions_are_counted(db: Database, tenant: Tenant) -> None:
    counting = Counting(db)
    quota = PendingQuota(db=counting, limits=USUAL)

    opened = [await quota.open(build.opening(tenant)) for _ in range(2 * ALLOWANCE + 2)]

    assert [each.pending for each in opened if isinstance(each, Opened) and each.pending is not None] == [
        0,
        ALLOWANCE + 1,
    ]


async def pending(db: Database, tenant: Tenant) -> int:
    rows = await db.fetch(
        "select count(*) as n from interactions where organization_id = $1", tenant.scope.organization_id
    )
    return int(rows[0]["n"])


async def race(db: Database, replicas: Callable[[], list[Open]], *, limit: int, rounds: int) -> None:
    """Sixteen at once on each replica, again and again: at most one more for each replica than the limit is opened."""
    for _ in range(rounds):
        tenant, opens = await build.tenant(db), replicas()
        for _ in range(2 * limit // (16 * len(opens)) + 2):
            await asyncio.gather(*(open(build.opening(tenant)) for open in opens for _ in range(16)))

        assert limit <= await pending(db, tenant) <= limit + len(opens)


@pytest.mark.parametrize("limit", [1, 20, 200])
async def test_two_replicas_that_race_at_the_limit_stay_within_it(db: Database, other: Database, limit: int) -> None:
    limits = replace(USUAL, pending_questions=limit)
    await race(db, lambda: [PendingQuota(db=one, limits=limits).open for one in (db, other)], limit=limit, rounds=3)


async def test_the_race_catches_a_count_in_a_statement_of_its_own(db: Database, other: Database) -> None:
    def counted_before(db: Database) -> Open:
        async def open(opening: Opening) -> object:
            found = await db.fetch(
                "select count(*) as pending from interactions where organization_id = $1 and status = 'pending'",
                opening.scope.organization_id,
            )
            return TooManyPending() if found[0]["pending"] >= 8 else await interactions.open(db, opening)

        return open

    with pytest.raises(AssertionError):
        await race(db, lambda: [counted_before(db), counted_before(other)], limit=8, rounds=200)


async def test_the_race_catches_those_that_are_counted_side_by_side(db: Database, other: Database) -> None:
    def side_by_side(db: Database) -> Open:
        return lambda opening: interactions.open(db, opening, max_pending=8)

    with pytest.raises(AssertionError):
        await race(db, lambda: [side_by_side(db), side_by_side(other)], limit=8, rounds=200)


async def test_a_replica_that_saw_room_long_ago_goes_past_the_limit_by_its_allowance_at_most(
    db: Database, other: Database, tenant: Tenant
) -> None:
    limits = replace(USUAL, pending_questions=500)
    early, late = PendingQuota(db=db, limits=limits), PendingQuota(db=other, limits=limits)
    await early.open(build.opening(tenant))
    while not isinstance(await late.open(build.opening(tenant)), TooManyPending):
        pass
    assert await pending(db, tenant) == 500

    while not isinstance(await early.open(build.opening(tenant)), TooManyPending):
        pass

    assert await pending(db, tenant) == 500 + ALLOWANCE
