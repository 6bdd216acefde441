"""Readers store a passed deadline before they return a row, and so never contradict a claim that commits late."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import pytest

from bridge import ids
from bridge.loops import expiry
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import deadlines, interactions, pool, statements
from storage.errors import Unavailable
from storage.interactions import Filters
from storage.model import Interaction, Status
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_waiting
from tests.waiting import until


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


Read: TypeAlias = Callable[[Reader, Interaction], Awaitable[Interaction | None]]


async def get(reader: Reader, one: Interaction) -> Interaction | None:
    return await reader.get(one.organization_id, one.id)


async def several(reader: Reader, one: Interaction) -> Interaction | None:
    return (await reader.several(one.organization_id, [one.id])).get(one.id)


async def page(reader: Reader, one: Interaction) -> Interaction | None:
    found = await reader.page(one.organization_id, Filters(), before=None, limit=10)
    return next(row for row in found.interactions if row.id == one.id)


async def page_of_answered(reader: Reader, one: Interaction) -> Interaction | None:
    found = await reader.page(one.organization_id, Filters(status=Status.ANSWERED), before=None, limit=10)
    return next((row for row in found.interactions if row.id == one.id), None)


@asynccontextmanager
async def claimed_and_not_committed(
    db: Database, dsn: str, one: Interaction
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A claim that won before the deadline, in an open transaction when the deadline passes; yields its commit."""
    await db.fetch("update interactions set cards_shown = 1 where id = $1", one.id)
    await set_deadline(db, one.id, timedelta(milliseconds=300))
    values = asdict(build.click(one))
    values |= values.pop("scope")
    async with admin(dsn) as connection:
        await pool.prepare(connection)
        transaction = connection.transaction()
        await transaction.start()
        row = await statements.load("interactions")["claim"].one(connection, **values)
        assert row["verdict"] == "won"
        passed = "select from interactions where expires_at <= clock_timestamp() and id = $1"

        async def is_overdue() -> bool:
            return bool(await db.fetch(passed, one.id))

        await until(is_overdue)

        async def commit() -> None:
            await transaction.commit()

        yield commit


async def read_while_it_commits(reader: Reader, read: Read, db: Database, dsn: str, one: Interaction) -> Interaction:
    """What a reader returns that starts between the deadline and the commit of a click that was in time."""
    async with claimed_and_not_committed(db, dsn, one) as commit, admin(dsn) as watcher:
        reading = asyncio.ensure_future(read(reader, one))
        waited = asyncio.ensure_future(until_waiting(watcher))
        await asyncio.wait({reading, waited}, return_when=asyncio.FIRST_COMPLETED)
        await commit()
        waited.cancel()
        row = await reading
    assert row is not None
    return row


@pytest.mark.parametrize("read", [get, several, page, page_of_answered])
async def test_a_click_in_time_that_commits_late_is_what_every_reader_tells(
    db: Database, tenant: Tenant, dsn: str, read: Read
) -> None:
    one = await build.question(db, tenant, on_expiry="deny")

    row = await read_while_it_commits(Reader(db=db, notifier=Notifier()), read, db, dsn, one)

    assert (row.status, row.choice) == (Status.ANSWERED, "approve")
    assert row == await build.read(db, tenant, one.id)


class Computing(Reader):
    """A mutant that computes the end from the row, as the previous release did."""

    async def get(self, organization_id: UUID, id: UUID) -> Interaction | None:
        row = await interactions.get(self._db, organization_id, id)
        if row is None or not row.is_overdue:
            return row
        return replace(row, status=Status.ANSWERED, choice=row.on_expiry, ended_at=row.expires_at)


async def test_a_reader_that_computes_the_end_would_be_found_out(db: Database, tenant: Tenant, dsn: str) -> None:
    one = await build.question(db, tenant, on_expiry="deny")

    row = await read_while_it_commits(Computing(db=db, notifier=Notifier()), get, db, dsn, one)

    assert row != await build.read(db, tenant, one.id)


async def overdue(db: Database, tenant: Tenant) -> Interaction:
    one = await build.question(db, tenant)
    await set_deadline(db, one.id)
    return one


@pytest.mark.parametrize("read", [get, several, page])
async def test_an_end_that_cannot_be_written_in_time_is_not_guessed(
    db: Database, tenant: Tenant, dsn: str, read: Read
) -> None:
    one = await overdue(db, tenant)
    async with admin(dsn) as holder, holder.transaction():
        await holder.execute("select from interactions for no key update")

        with pytest.raises(Unavailable):
            await read(Reader(db=db, notifier=Notifier(), end_seconds=0.2), one)

    row = await read(Reader(db=db, notifier=Notifier()), one)
    assert row is not None and row.status is Status.UNREACHABLE


async def test_a_list_misses_nothing_though_another_replica_ends_some_of_it(
    db: Database, tenant: Tenant, dsn: str
) -> None:
    due = [await overdue(db, tenant) for _ in range(5)]
    reader = Reader(db=db, notifier=Notifier(), batch=2)
    async with admin(dsn) as connection, admin(dsn) as watcher:
        await pool.prepare(connection)
        transaction = connection.transaction()
        await transaction.start()
        await deadlines.end_named(
            connection, due[0].organization_id, [one.id for one in due[:2]], event_ids=[ids.new(), ids.new()]
        )
        listing = asyncio.create_task(
            reader.page(due[0].organization_id, Filters(status=Status.UNREACHABLE), before=None, limit=10)
        )
        await until_waiting(watcher)
        await transaction.commit()

    assert {row.id for row in (await listing).interactions} == {one.id for one in due}


class Unbounded(Counting):
    """Counts the statements that have a time limit, too."""

    def within(self, seconds: float) -> Runs:
        return self


async def test_many_who_meet_one_overdue_interaction_have_it_written_once(db: Database, tenant: Tenant) -> None:
    one = await overdue(db, tenant)
    counting, notifier = Unbounded(db), Notifier()
    reader = Reader(db=counting, notifier=notifier)

    rows = await asyncio.gather(*(get(reader, one) for _ in range(50)))

    assert {row.status for row in rows if row} == {Status.UNREACHABLE}
    written = statements.load("deadlines")["end_named"].sql
    assert counting.statements.count(written) == 1
    assert notifier.cards.is_set() and notifier.drain() == [(one.organization_id, one.id)]
    assert reader.ending_count == 0


async def test_the_loop_is_woken_when_the_next_deadline_passes(db: Database, tenant: Tenant) -> None:
    one = await build.question(db, tenant)
    await set_deadline(db, one.id, timedelta(milliseconds=200))
    notifier = Notifier()
    reader = Reader(db=db, notifier=notifier)
    assert await expiry.step(db, notifier, reader) == 0

    await asyncio.wait_for(notifier.expiry.wait(), 5)

    assert await expiry.step(db, notifier, reader) == 1


async def test_the_loop_comes_back_soon_for_what_was_held(db: Database, tenant: Tenant, dsn: str) -> None:
    await overdue(db, tenant)
    notifier = Notifier()
    async with admin(dsn) as holder, holder.transaction():
        await holder.execute("select from interactions for no key update")
        assert await expiry.step(db, notifier, Reader(db=db, notifier=notifier)) == 0

    await asyncio.wait_for(notifier.expiry.wait(), 5)

    assert await expiry.step(db, notifier, Reader(db=db, notifier=notifier)) == 1
