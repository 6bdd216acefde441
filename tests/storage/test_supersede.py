"""An interaction superseded by a newer one: both in one transaction, or neither."""

import asyncio
from datetime import timedelta
from typing import Any

from bridge import ids
from storage import interactions
from storage.interactions import Claimed, Disconnected, Mismatch, NoSuchOlder, OlderEnded, Opened, Replayed
from storage.model import Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_overdue, until_waiting
from tests.waiting import jitter

KEYED: dict[str, Any] = {"idempotency_key": "deploy-2", "request_hash": b"same"}


async def count(db: Database) -> int:
    return len(await db.fetch("select from interactions"))


async def test_the_older_one_ends_as_the_newer_one_is_born(db: Database, tenant: Tenant) -> None:
    older = await build.question(db, tenant)
    await card_moves.post(db, await card_moves.take(db, older))

    newer = await build.question(db, tenant, supersedes=older.id)

    after = await build.read(db, tenant, older.id)
    assert (after.status, after.superseded_by) == (Status.SUPERSEDED, newer.id)
    assert (newer.status, newer.supersedes, newer.superseded_by) == (Status.PENDING, older.id, None)
    assert [card.wanted for card in await card_moves.of(db, older)] == [2]
    assert [card.wanted for card in await card_moves.of(db, newer)] == [1]
    moments = await interactions.timeline(db, older.organization_id, older.id)
    assert [moment.type for moment in moments][-1] == "interaction.superseded"
    claimed = await interactions.claim(db, build.click(older))
    assert claimed.verdict is Verdict.SUPERSEDED
    assert claimed.life is not None and claimed.life.superseded_by == newer.id


async def test_what_has_ended_is_not_superseded_and_nothing_is_opened(db: Database, tenant: Tenant) -> None:
    answered, late = await build.question(db, tenant), await build.question(db, tenant)
    await interactions.claim(db, build.click(answered))
    await set_deadline(db, late.id)
    replaced = await build.question(db, tenant)
    await build.question(db, tenant, supersedes=replaced.id)
    before = [dict(row) for row in await db.fetch("select * from interactions order by id")]

    for ended in (answered, late, replaced):
        opening = build.opening(tenant, supersedes=ended.id)
        assert await interactions.open(db, opening) == OlderEnded(id=ended.id)

    assert [dict(row) for row in await db.fetch("select * from interactions order by id")] == before


async def test_what_does_not_exist_or_is_of_another_organization_is_not_superseded(
    db: Database, tenant: Tenant
) -> None:
    foreign = await build.question(db, await build.tenant(db))

    for id in (foreign.id, ids.new()):
        assert await interactions.open(db, build.opening(tenant, supersedes=id)) == NoSuchOlder()
    assert await count(db) == 1
    assert await db.fetch("select from interactions where status = 'pending'")


async def test_a_replay_stays_a_replay_whatever_became_of_the_older_one(db: Database, tenant: Tenant) -> None:
    older = await build.question(db, tenant)
    first = build.opening(tenant, supersedes=older.id, **KEYED)
    opened = await interactions.open(db, first)
    assert isinstance(opened, interactions.Opened) and opened.id == first.id

    again = build.opening(tenant, supersedes=older.id, **KEYED)

    assert await interactions.open(db, again) == Replayed(id=first.id)
    assert await interactions.open(db, build.opening(tenant, **KEYED | {"request_hash": b"other"})) == Mismatch()
    assert await count(db) == 2


async def test_a_key_that_is_taken_leaves_the_older_one_as_it_is(db: Database, tenant: Tenant) -> None:
    older, first = await build.question(db, tenant), build.opening(tenant, **KEYED)
    await interactions.open(db, first)

    opening = build.opening(tenant, supersedes=older.id, **KEYED)
    assert await interactions.open(db, opening) == Replayed(id=first.id)

    assert (await build.read(db, tenant, older.id)).status is Status.PENDING
    assert [card.wanted for card in await card_moves.of(db, older)] == [1]


async def test_of_many_requests_with_one_key_one_supersedes_and_all_get_it(
    db: Database, other: Database, tenant: Tenant
) -> None:
    for number in range(10):
        older = await build.question(db, tenant)
        keyed = KEYED | {"idempotency_key": f"deploy {number}"}
        opened = await asyncio.gather(
            *(interactions.open(one, build.opening(tenant, supersedes=older.id, **keyed)) for one in [db, other] * 10)
        )

        assert [type(one) for one in opened].count(Opened) == 1
        assert len({one.id for one in opened if isinstance(one, Opened | Replayed)}) == 1
        assert not [one for one in opened if not isinstance(one, Opened | Replayed)]


async def test_of_many_newer_ones_one_supersedes(db: Database, other: Database, tenant: Tenant) -> None:
    for _ in range(20):
        older = await build.question(db, tenant)
        before = await count(db)
        opened = await asyncio.gather(
            *(interactions.open(one, build.opening(tenant, supersedes=older.id)) for one in [db, other] * 4)
        )

        (winner,) = [one for one in opened if isinstance(one, Opened)]
        assert [one for one in opened if one != winner] == [OlderEnded(id=older.id)] * 7
        assert (await build.read(db, tenant, older.id)).superseded_by == winner.id
        assert await count(db) == before + 1


async def test_a_click_and_a_newer_question_never_both_end_the_older_one(
    db: Database, other: Database, tenant: Tenant
) -> None:
    seen = set()
    for _ in range(400):
        older = await build.question(db, tenant)

        async def click(older: Interaction = older) -> Claimed:
            await jitter(0.006)  # a random point of the opening is what this test is about
            return await interactions.claim(db, build.click(older), seconds=20)

        opening = build.opening(tenant, supersedes=older.id)
        claimed, opened = await asyncio.gather(click(), interactions.open(other, opening))

        after = await build.read(db, tenant, older.id)
        if isinstance(opened, Opened):
            assert (claimed.verdict, after.status) == (Verdict.SUPERSEDED, Status.SUPERSEDED)
            assert claimed.life is not None and claimed.life.superseded_by == opened.id
        else:
            assert (claimed.verdict, after.status) == (Verdict.WON, Status.ANSWERED)
            assert opened == OlderEnded(id=older.id)
        seen.add(type(opened))

    assert seen == {Opened, OlderEnded}, "one side always won, so this was no race"


async def test_on_a_connection_that_is_being_disabled_nothing_is_superseded(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """The connection is locked first: a transaction that waits for it has locked no interaction that others need."""
    older = await build.question(db, tenant)
    async with admin(dsn) as disabling:
        transaction = disabling.transaction()
        await transaction.start()
        await disabling.execute("update connections set disabled_at = clock_timestamp()")
        opening = asyncio.create_task(interactions.open(db, build.opening(tenant, supersedes=older.id)))
        await until_waiting(disabling)
        await disabling.execute("set local lock_timeout = '1s'")
        await disabling.execute("select from interactions for update")
        await transaction.commit()

    assert await opening == Disconnected()
    assert (await build.read(db, tenant, older.id)).status is Status.PENDING


async def test_a_newer_question_that_waited_past_the_older_ones_deadline_is_not_opened(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    older = await build.question(db, tenant)
    await set_deadline(db, older.id, timedelta(milliseconds=500))
    async with admin(dsn) as holder, holder.transaction():
        await holder.execute("select from interactions for update")
        waiting = asyncio.create_task(interactions.open(db, build.opening(tenant, supersedes=older.id)))
        await until_waiting(holder)
        await until_overdue(holder)

    assert await waiting == OlderEnded(id=older.id)
    assert await count(db) == 1
