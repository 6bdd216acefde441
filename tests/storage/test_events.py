"""The order of the feed: positions are given after the commit, by one replica at a time, so no reader misses one."""

import asyncio
import itertools
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from storage import events, interactions, organizations, pool, statements
from storage.events import BEGINNING
from storage.model import ENDS, EventType, FeedEvent, Interaction
from storage.pool import Database
from storage.statements import Runs, Statement
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.claim_checks import unwaited
from tests.storage.faults import admin

TELL = "insert into events (organization_id, id, interaction_id, type) values ($1, $2, $3, 'interaction.posted')"


async def write_events(db: Runs, question: Interaction, *, number: int = 1) -> list[UUID]:
    """Write events of an interaction, as any transaction may; returns their ids."""
    written = [ids.new() for _ in range(number)]
    for id in written:
        await db.fetch(TELL, question.organization_id, id, question.id)
    return written


async def fed(
    db: Database, tenant: Tenant, *, past: int = BEGINNING, types: Sequence[EventType] | None = None
) -> list[FeedEvent]:
    return await events.page(db, tenant.scope.organization_id, past=past, types=types, limit=10_000)


async def test_what_was_committed_is_numbered_once_in_the_order_of_its_time(db: Database, tenant: Tenant) -> None:
    opened = [await build.question(db, tenant) for _ in range(3)]
    await unwaited(db, build.click(opened[1]))
    assert await fed(db, tenant) == []

    numbered = await events.number(db)

    assert numbered.counts == {tenant.scope.organization_id: 4} and not numbered.passed_over
    feed = await fed(db, tenant)
    assert [(one.position, one.type, one.interaction_id) for one in feed] == [
        (1, EventType.CREATED, opened[0].id),
        (2, EventType.CREATED, opened[1].id),
        (3, EventType.CREATED, opened[2].id),
        (4, EventType.ANSWERED, opened[1].id),
    ]
    assert (await events.number(db)).counts == {}
    assert await fed(db, tenant) == feed


async def test_what_happens_to_cards_is_not_told(db: Database, tenant: Tenant) -> None:
    opened = await build.question(db, tenant)
    await card_moves.post(db, (await card_moves.lease(db, opened))[0])
    await unwaited(db, build.click(opened))
    await card_moves.edit(db, (await card_moves.lease(db, opened))[0])
    await events.number(db)

    assert [one.type for one in await fed(db, tenant)] == [EventType.CREATED, EventType.POSTED, EventType.ANSWERED]
    written = {moment.type for moment in await interactions.timeline(db, opened.organization_id, opened.id)}
    assert "card.settled" in written


async def test_what_commits_late_comes_after_what_was_read_before(db: Database, tenant: Tenant, dsn: str) -> None:
    opened = await build.question(db, tenant)
    async with admin(dsn) as late:
        transaction = late.transaction()
        await transaction.start()
        (slow,) = await write_events(late, opened)
        (quick,) = await write_events(db, opened)
        await events.number(db)
        before = await fed(db, tenant)
        assert before[-1].id == quick and slow < quick, "older by id and by time, and not visible yet"
        await transaction.commit()
    await events.number(db)

    assert [one.id for one in await fed(db, tenant, past=before[-1].position)] == [slow]


async def test_a_cursor_over_ids_would_pass_over_what_commits_late(db: Database, tenant: Tenant, dsn: str) -> None:
    """The same with a cursor over ids, which shows that the test before can fail."""
    opened = await build.question(db, tenant)
    wrong = "select id from events where organization_id = $1 and id > $2 order by id"
    async with admin(dsn) as late:
        transaction = late.transaction()
        await transaction.start()
        (slow,) = await write_events(late, opened)
        (quick,) = await write_events(db, opened)
        assert (await db.fetch(wrong, opened.organization_id, UUID(int=0)))[-1]["id"] == quick
        await transaction.commit()

    assert slow not in [row["id"] for row in await db.fetch(wrong, opened.organization_id, quick)]


async def race(dsn: str, tenant: Tenant, opened: Interaction, number: Statement) -> list[FeedEvent]:
    """Number with twenty tasks on four connections while sixteen write and one reads; returns the events it read."""
    seen: list[FeedEvent] = []
    written: list[UUID] = []
    done = asyncio.Event()
    async with (
        pool.connect(dsn, name="numberers", size=4, warm=4) as four,
        pool.connect(dsn, name="rest", size=12) as db,
    ):

        async def numberer() -> None:
            while not done.is_set():
                await number.many(four, limit=7, ends=sorted(ENDS))

        async def writer() -> None:
            for _ in range(5):
                async with db.acquire() as connection, connection.transaction():
                    written.extend(await write_events(connection, opened, number=2))
                    await connection.fetch("select pg_sleep(random() * 0.02)")

        async def reader() -> None:
            while len(seen) < 160 + 1 and not done.is_set():
                seen.extend(await fed(db, tenant, past=seen[-1].position if seen else BEGINNING))

        async def all_written() -> None:
            await asyncio.gather(*(writer() for _ in range(16)))

        reading = asyncio.create_task(reader())
        numbering = [asyncio.create_task(numberer()) for _ in range(20)]
        await all_written()
        await asyncio.wait([reading, *numbering], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        done.set()
        await asyncio.gather(reading, *numbering)
        assert {one.id for one in seen} >= set(written), "the reader missed an event"
    return seen


async def test_twenty_numberers_on_four_connections_give_every_place_once(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    opened = await build.question(db, tenant)

    seen = await race(dsn, tenant, opened, statements.load("events")["number"])

    positions = [one.position for one in seen]
    assert len(seen) == len({one.id for one in seen}) == 161
    assert all(one < other for one, other in itertools.pairwise(positions))
    assert (await events.position(db, opened.organization_id)).latest == positions[-1]


async def test_numbering_without_the_lock_of_the_counter_would_be_found_out(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    """Two tasks then use the counter of their own snapshots, if not in the first race, then in a later one."""
    text = statements.load("events")["number"].text.replace("for no key update of organizations skip locked", "")
    unlocked = statements.parse("events", f"-- name: number :many\n-- Wrong.\n{text};")["number"]
    opened = await build.question(db, tenant)

    async def races() -> None:
        for _ in range(20):
            await race(dsn, tenant, opened, unlocked)

    with pytest.raises((asyncpg.exceptions.UniqueViolationError, AssertionError)):
        await races()


async def test_an_organization_that_is_being_numbered_is_passed_over_without_waiting(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    neighbour = await build.tenant(db)
    await build.question(db, tenant)
    await build.question(db, neighbour)
    async with admin(dsn) as holding, holding.transaction():
        await holding.execute(
            "select from organizations where organization_id = $1 for no key update", tenant.scope.organization_id
        )
        numbered = await asyncio.wait_for(events.number(db), 2)
        await asyncio.wait_for(build.question(db, tenant), 2)  # a foreign key does not wait for it either

    assert numbered.counts == {neighbour.scope.organization_id: 1} and numbered.passed_over
    assert (await events.number(db)).counts == {tenant.scope.organization_id: 2}


async def test_a_pass_is_bounded_and_the_next_goes_on(db: Database, tenant: Tenant) -> None:
    opened = await build.question(db, tenant)
    written = await write_events(db, opened, number=9)

    counts = [sum((await events.number(db, limit=4, batches=1)).counts.values()) for _ in range(4)]

    assert counts == [4, 4, 2, 0]
    assert [one.id for one in await fed(db, tenant)][1:] == written


async def test_an_event_that_is_being_deleted_is_not_waited_for(db: Database, tenant: Tenant, dsn: str) -> None:
    opened = await build.question(db, tenant)
    (gone,), (kept,) = await write_events(db, opened), await write_events(db, await build.question(db, tenant))
    async with admin(dsn) as deleting, deleting.transaction():
        await deleting.execute("delete from events where id = $1", gone)

        assert (await asyncio.wait_for(events.number(db), 2)).counts == {opened.organization_id: 3}
    assert kept in [one.id for one in await fed(db, tenant)]


async def test_types_are_chosen_in_the_order_of_the_feed(db: Database, tenant: Tenant) -> None:
    for _ in range(3):
        await unwaited(db, build.click(await build.question(db, tenant)))
    await write_events(db, await build.question(db, tenant))
    await events.number(db)
    every = await fed(db, tenant)

    for types in ([EventType.ANSWERED], [EventType.POSTED, EventType.ANSWERED], [EventType.EXPIRED], list(EventType)):
        assert await fed(db, tenant, types=types) == [one for one in every if one.type in types]
    some = await events.page(
        db, tenant.scope.organization_id, past=every[1].position, types=[EventType.CREATED, EventType.ANSWERED], limit=2
    )
    assert some == every[2:4]


async def test_another_organization_sees_and_finds_nothing(db: Database, tenant: Tenant) -> None:
    neighbour = await build.tenant(db)
    await build.question(db, tenant)
    await events.number(db)
    (mine,) = await fed(db, tenant)

    assert await fed(db, neighbour) == [] == await fed(db, neighbour, types=list(EventType))
    theirs = await events.position(db, neighbour.scope.organization_id, mine.id)
    assert (theirs.position, theirs.latest) == (None, BEGINNING)
    assert (await events.position(db, mine_of(tenant), mine.id)).position == mine.position
    assert await events.latest(db, [mine_of(tenant), mine_of(neighbour), ids.new()]) == {
        mine_of(tenant): 1,
        mine_of(neighbour): 0,
    }


def mine_of(tenant: Tenant) -> UUID:
    return tenant.scope.organization_id


async def test_what_is_not_numbered_yet_has_no_place(db: Database, tenant: Tenant) -> None:
    (written,) = await write_events(db, await build.question(db, tenant))

    assert (await events.position(db, mine_of(tenant), written)).position is None
    assert (await events.position(db, ids.new(), written)).latest == BEGINNING, (
        "the feed of an unknown organization is empty"
    )


async def test_an_organization_is_deleted_while_its_events_are_numbered(db: Database, tenant: Tenant) -> None:
    for _ in range(30):
        await unwaited(db, build.click(await build.question(db, tenant)))
    await organizations.disable(db, mine_of(tenant), new_id=ids.new)
    done = asyncio.Event()

    async def number() -> None:
        while not done.is_set():
            await events.number(db, limit=3)

    numbering = [asyncio.create_task(number()) for _ in range(3)]
    await organizations.delete(db, mine_of(tenant), limit=5)
    done.set()
    await asyncio.gather(*numbering)

    assert await db.fetch("select from events") == []
