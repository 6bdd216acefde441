"""Room for questions: kept by replicas that race for it, cheap while there is much, and told truthfully."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from bridge.agents.limits import USUAL
from bridge.agents.room import ALLOWANCE, RETRY_SECONDS, Room
from storage import interactions
from storage.interactions import Opened, Opening, TooManyPending
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Reply
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.build import Tenant

FEW = replace(USUAL, pending_questions=3)

Open: TypeAlias = Callable[[Opening], Awaitable[object]]


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


async def until_it_is_looked_again(ask: Callable[[], Awaitable[Reply]]) -> Reply:
    """Ask until it is not refused out of memory any more."""
    async with asyncio.timeout(10):
        while (reply := await ask()).status == 429:
            await asyncio.sleep(0.02)
        return reply


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

        assert (await until_it_is_looked_again(door.ask)).status == 201
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
    room = Room(db=counting, limits=USUAL)

    opened = [await room.open(build.opening(tenant)) for _ in range(2 * ALLOWANCE + 2)]

    assert [one.pending for one in opened if isinstance(one, Opened) and one.pending is not None] == [0, ALLOWANCE + 1]


async def pending(db: Database, tenant: Tenant) -> int:
    rows = await db.fetch(
        "select count(*) as n from interactions where organization_id = $1", tenant.scope.organization_id
    )
    return int(rows[0]["n"])


async def race(db: Database, replicas: Callable[[], list[Open]], *, most: int, rounds: int) -> None:
    """Sixteen at once on each replica, again and again; no more are let in than there is room, and one for each."""
    for _ in range(rounds):
        tenant, opens = await build.tenant(db), replicas()
        for _ in range(2 * most // (16 * len(opens)) + 2):
            await asyncio.gather(*(open(build.opening(tenant)) for open in opens for _ in range(16)))

        assert most <= await pending(db, tenant) <= most + len(opens)


@pytest.mark.parametrize("most", [1, 20, 200])
async def test_two_replicas_that_race_at_the_limit_stay_within_it(db: Database, other: Database, most: int) -> None:
    limits = replace(USUAL, pending_questions=most)
    await race(db, lambda: [Room(db=one, limits=limits).open for one in (db, other)], most=most, rounds=3)


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
        await race(db, lambda: [counted_before(db), counted_before(other)], most=8, rounds=20)


async def test_the_race_catches_those_that_are_counted_side_by_side(db: Database, other: Database) -> None:
    def side_by_side(db: Database) -> Open:
        return lambda opening: interactions.open(db, opening, max_pending=8)

    with pytest.raises(AssertionError):
        await race(db, lambda: [side_by_side(db), side_by_side(other)], most=8, rounds=20)


async def test_a_replica_that_saw_room_long_ago_goes_past_the_limit_by_its_allowance_at_most(
    db: Database, other: Database, tenant: Tenant
) -> None:
    limits = replace(USUAL, pending_questions=500)
    early, late = Room(db=db, limits=limits), Room(db=other, limits=limits)
    await early.open(build.opening(tenant))
    while not isinstance(await late.open(build.opening(tenant)), TooManyPending):
        pass
    assert await pending(db, tenant) == 500

    while not isinstance(await early.open(build.opening(tenant)), TooManyPending):
        pass

    assert await pending(db, tenant) == 500 + ALLOWANCE
