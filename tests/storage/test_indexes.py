"""Indexes built without blocking writes: twenty may try at once, and an interrupted try is repaired."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from storage import indexes, migrate, pool
from storage.errors import Failure, Unavailable
from storage.indexes import NotRepeatable
from storage.migrate import Migration
from tests.storage.faults import admin, until_waiting

TABLE = Migration(version=1, name="table", sql="create table things (id int, mood text)")
BUILD = "create index concurrently things_mood on things (mood)"
MOOD = Migration(version=2, name="mood", sql=f"-- outside a transaction\n-- What moods are found by.\n\n{BUILD};\n")
BOTH = Migration(
    version=2,
    name="both",
    sql=f"{MOOD.sql}create unique index concurrently things_id\n    on things (id) where id > 0; -- few\n",
)


@pytest.fixture
async def things(empty_dsn: str) -> str:
    """A database with a table of 5,000 rows."""
    await migrate.migrate(empty_dsn, [TABLE])
    async with admin(empty_dsn) as connection:
        await connection.execute("insert into things select number, 'good' from generate_series(1, 5000) as number")
    return empty_dsn


@contextlib.asynccontextmanager
async def a_transaction(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that has written and is still open."""
    async with admin(dsn) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("insert into things values (0, 'open')")
        yield connection
        await transaction.rollback()


async def built(dsn: str) -> dict[str, bool]:
    """Return every index, and whether it is complete."""
    async with admin(dsn) as connection:
        rows = await connection.fetch(
            "select indexrelid::regclass::text as name, indisvalid from pg_index where indrelid = 'things'::regclass"
        )
        return {row["name"]: row["indisvalid"] for row in rows}


async def version(dsn: str) -> int:
    async with pool.connect(dsn, name="test", size=1) as db:
        return await migrate.version(db)


async def cut_short(dsn: str) -> None:
    """Interrupt a try: its index waits for a transaction when the connection is lost."""
    async with a_transaction(dsn), admin(dsn) as operator:
        trying = asyncio.create_task(migrate.migrate(dsn, [TABLE, MOOD]))
        await until_waiting(operator)
        await operator.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%concurrently%' "
            "and pid <> pg_backend_pid() and datname = current_database()"
        )
        with pytest.raises(Unavailable) as caught:
            await trying
    assert caught.value.failure is Failure.UNKNOWN


async def test_an_index_is_built_and_remembered_once(things: str) -> None:
    assert await migrate.migrate(things, [TABLE, BOTH]) == [BOTH]
    assert await migrate.migrate(things, [TABLE, BOTH]) == []
    assert await built(things) == {"things_mood": True, "things_id": True}


async def test_while_it_is_built_writes_go_on(things: str) -> None:
    async with a_transaction(things) as before, admin(things) as other:
        building = asyncio.create_task(migrate.migrate(things, [TABLE, MOOD]))
        await until_waiting(other)

        await other.execute("set lock_timeout = '1s'")
        await other.execute("update things set mood = 'better' where id = 7")
        await before.execute("update things set mood = 'better' where id = 8")
        assert not building.done()
    assert await asyncio.wait_for(building, 10) == [MOOD]


async def test_it_waits_for_what_was_under_way_longer_than_other_migrations_may(things: str) -> None:
    """A concurrent build blocks no writes, so it may wait for as long as it takes."""
    async with a_transaction(things) as before:
        building = asyncio.create_task(migrate.migrate(things, [TABLE, MOOD]))
        await before.fetch("select pg_sleep(2.5)")  # a migration in a transaction gives up after two seconds
        assert not building.done()
    assert await asyncio.wait_for(building, 10) == [MOOD]


async def test_of_twenty_at_once_one_builds_and_all_succeed(things: str) -> None:
    """A process that waits must hold no snapshot: the index would wait for it, and it for the index."""
    async with a_transaction(things) as before, admin(things) as operator:
        trying = [asyncio.create_task(migrate.migrate(things, [TABLE, BOTH])) for _ in range(20)]
        await until_waiting(operator)
        await before.fetch("select pg_sleep(1.2)")  # longer than PostgreSQL takes to detect a deadlock
    applied = await asyncio.wait_for(asyncio.gather(*trying), 30)

    assert sorted(applied, key=len) == [[]] * 19 + [[BOTH]]
    assert await built(things) == {"things_mood": True, "things_id": True}


async def test_what_was_cut_short_is_built_anew_by_the_next_run(things: str) -> None:
    await cut_short(things)
    assert await built(things) == {"things_mood": False}, "the try was not interrupted"
    assert await version(things) == 1

    assert await migrate.migrate(things, [TABLE, BOTH]) == [BOTH]
    assert await built(things) == {"things_mood": True, "things_id": True}


async def test_what_was_built_but_not_remembered_is_left_alone(things: str) -> None:
    async with admin(things) as connection:
        await connection.execute(BUILD)
        before = await connection.fetchval("select 'things_mood'::regclass::oid")

        assert await migrate.migrate(things, [TABLE, MOOD]) == [MOOD]
        assert await connection.fetchval("select 'things_mood'::regclass::oid") == before


async def test_rows_that_a_unique_index_refuses_are_told_and_can_be_mended(things: str) -> None:
    async with admin(things) as connection:
        await connection.execute("insert into things values (7, 'twice')")
        with pytest.raises(asyncpg.exceptions.UniqueViolationError):
            await migrate.migrate(things, [TABLE, BOTH])
        assert await version(things) == 1

        await connection.execute("delete from things where mood = 'twice'")
        assert await migrate.migrate(things, [TABLE, BOTH]) == [BOTH]


def test_a_migration_without_the_mark_builds_nothing_by_itself() -> None:
    assert indexes.outside_a_transaction("plain", "create index things_mood on things (mood);") == []
    assert [one.name for one in indexes.outside_a_transaction("both", BOTH.sql)] == ["things_mood", "things_id"]


@pytest.mark.parametrize(
    "other",
    ["create index things_mood on things (mood);", "drop table things;", "insert into things values (1)", BUILD],
)
def test_outside_a_transaction_nothing_is_done_that_could_be_left_half_done(other: str) -> None:
    with pytest.raises(NotRepeatable, match="mood: "):
        indexes.outside_a_transaction("mood", f"{MOOD.sql}{other}")


def test_every_index_of_ours_on_a_table_that_may_be_large_is_built_beside_the_traffic() -> None:
    """From the fourth migration on: at the first three no table was large. A new table is empty.

    The index of migration 22 is built in its transaction, so that no second connection of a workspace comes between:
    the table has one row for each workspace, and the lock keeps out only what writes connections.
    """
    for migration in migrate.ours()[3:]:
        concurrent = indexes.outside_a_transaction(migration.name, migration.sql)
        new = re.findall(r"create table (\w+)", migration.sql)
        new += ["connections"] if migration.version == 22 else []
        on = re.findall(r"create (?:unique )?index (?:concurrently )?\w+\s+on (\w+)", migration.sql)

        assert len([table for table in on if table not in new]) == len(concurrent)
        assert len(on) == migration.sql.count("create index") + migration.sql.count("create unique index")
