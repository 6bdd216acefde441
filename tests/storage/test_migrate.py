"""Migrations: each is applied once, however many processes try at once, and all or nothing."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

import sql
from storage import connections, errors, indexes, interactions, migrate, pool
from storage.errors import Failure, NotMigrated, SchemaTooNew, Unavailable
from storage.migrate import DuplicateNumber, Migration
from storage.pool import Database
from tests.storage import build
from tests.storage.faults import until_waiting

ONE = Migration(version=1, name="one", sql="create table one (id int)")
TWO = Migration(version=2, name="two", sql="create table two (id int); insert into one values (2)")
BROKEN = Migration(version=2, name="broken", sql="create table two (id int); insert into nowhere values (2)")
UNRECORDED = Migration(
    version=2, name="unrecorded", sql="create table two (id int); alter table migrations add check (version < 2)"
)


async def tables(dsn: str) -> set[str]:
    async with pool.connect(dsn, name="test", size=1) as db:
        return {
            row["name"] for row in await db.fetch("select tablename as name from pg_tables where schemaname = 'public'")
        }


async def test_of_twenty_at_once_one_works_and_all_succeed(empty_dsn: str) -> None:
    applied = await asyncio.gather(*(migrate.migrate(empty_dsn) for _ in range(20)))

    assert sorted(applied, key=len) == [[]] * 19 + [migrate.ours()]
    async with pool.connect(empty_dsn, name="test", size=1) as db:
        await migrate.check(db)
        assert len(await db.fetch("select from migrations")) == len(migrate.ours())


async def test_a_second_run_applies_nothing(dsn: str) -> None:
    assert await migrate.migrate(dsn) == []


async def test_only_what_is_missing_is_applied_in_the_order_of_the_numbers(empty_dsn: str) -> None:
    assert await migrate.migrate(empty_dsn, [ONE]) == [ONE]
    assert await migrate.migrate(empty_dsn, [TWO, ONE]) == [TWO]
    assert await tables(empty_dsn) == {"migrations", "one", "two"}


async def test_two_migrations_of_one_number_are_refused_before_anything_is_done(empty_dsn: str) -> None:
    with pytest.raises(DuplicateNumber, match="one and again are both number 1"):
        await migrate.migrate(empty_dsn, [ONE, Migration(version=1, name="again", sql="select 1")])

    assert await tables(empty_dsn) == set()


def test_this_release_brings_every_file_of_its_folder() -> None:
    files = sorted(Path(sql.__file__).with_name("migrations").glob("*.sql"))

    assert [f"{one.version:04}_{one.name}.sql" for one in migrate.ours()] == [file.name for file in files]
    assert migrate.ours()[0].version == 1


@pytest.mark.parametrize("failing", [BROKEN, UNRECORDED], ids=lambda migration: migration.name)
async def test_a_failing_migration_leaves_nothing_behind_and_can_be_tried_again(
    empty_dsn: str, failing: Migration
) -> None:
    with pytest.raises(asyncpg.exceptions.PostgresError):
        await migrate.migrate(empty_dsn, [ONE, failing])

    assert await tables(empty_dsn) == {"migrations", "one"}
    assert await migrate.migrate(empty_dsn, [ONE, TWO]) == [TWO]


async def test_a_schema_of_a_newer_release_is_left_alone(dsn: str, db: Database) -> None:
    await db.fetch("insert into migrations (version, name) values (9999, 'from_the_future')")

    with pytest.raises(SchemaTooNew, match="schema 9999"):
        await migrate.migrate(dsn)
    with pytest.raises(SchemaTooNew, match="schema 9999"):
        await migrate.check(db)


async def test_a_schema_that_is_missing_or_older_is_noticed_at_start_up(empty_dsn: str) -> None:
    async with pool.connect(empty_dsn, name="test", size=1) as db:
        assert await migrate.version(db) == 0
        with pytest.raises(NotMigrated, match="askbridge migrate"):
            await migrate.check(db)

        await migrate.migrate(empty_dsn, [])

        with pytest.raises(NotMigrated, match="schema 0"):
            await migrate.check(db)


async def test_a_migrated_schema_passes(db: Database) -> None:
    await migrate.check(db)

    assert await migrate.version(db) == migrate.ours()[-1].version


async def test_a_migration_that_cannot_get_its_lock_gives_up_before_it_holds_up_the_clicks(empty_dsn: str) -> None:
    await migrate.migrate(empty_dsn, [ONE])
    change = Migration(version=2, name="change", sql="alter table one add column more int")
    async with pool.connect(empty_dsn, name="test", size=1) as db, db.acquire() as holder, holder.transaction():
        await holder.execute("lock table one")

        with pytest.raises(Unavailable) as caught:
            await asyncio.wait_for(migrate.migrate(empty_dsn, [ONE, change], lock_seconds=1), 10)

    assert caught.value.failure is Failure.RETRY
    assert await migrate.migrate(empty_dsn, [ONE, change]) == [change]


THINGS_IN_USE = 42  # the last migration of the first release that uses things
_OF_THINGS = {"things", "history", "thing_requests"}
IN_USE_BEFORE_THINGS = 28
_LOCKED = """
    select distinct tables.relname as name
    from pg_locks
    join pg_class as tables on tables.oid = pg_locks.relation and tables.relkind = 'r'
    where
        pid = pg_backend_pid() and tables.relname = any ($1)
        and (
            mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
            or (mode = 'ShareUpdateExclusiveLock' and $2)) -- a table is read from its beginning to its end
"""


async def test_no_migration_keeps_statements_out_of_two_tables_at_once(empty_dsn: str) -> None:
    """Statements lock tables in every order, so that one of them and a migration would wait for each other."""
    known = migrate.ours()
    await migrate.migrate(empty_dsn, [one for one in known if one.version <= IN_USE_BEFORE_THINGS])
    for one in known[IN_USE_BEFORE_THINGS:]:
        in_use = await tables(empty_dsn)
        if not indexes.outside_a_transaction(one.name, one.sql):
            async with pool.connect(empty_dsn, name="test", size=1) as db, db.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute(one.sql)
                is_before = one.version <= THINGS_IN_USE
                busy = list(in_use - (_OF_THINGS if is_before else set()))
                locked = await connection.fetch(_LOCKED, busy, not is_before)
                await transaction.rollback()
            names = {row["name"] for row in locked}
            assert len(names) <= 1, f"{one.name}: {names}"
        await migrate.migrate(empty_dsn, [each for each in known if each.version <= one.version])


async def test_a_migration_gives_way_to_a_statement_that_it_would_wait_for_in_a_circle(empty_dsn: str) -> None:
    await migrate.migrate(empty_dsn, [ONE])
    both = [ONE, Migration(version=2, name="two", sql="create table two (id int)")]
    await migrate.migrate(empty_dsn, both)
    change = "alter table two add column a int; alter table one add column a int"
    both.append(Migration(version=3, name="both", sql=change))
    async with pool.connect(empty_dsn, name="test", size=2) as db, db.acquire() as busy:
        async with busy.transaction():
            await busy.execute("select from one")
            migrating = asyncio.create_task(migrate.migrate(empty_dsn, both))
            await until_waiting(db)

            await busy.execute("select from two")  # which the migration has locked

        assert [one.name for one in await migrating] == ["both"]


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        await migrate.migrate("postgresql://askbridge:hidden@127.0.0.1:1/askbridge")

    assert caught.value.failure is Failure.RETRY


async def test_a_url_that_cannot_be_read_is_refused_without_repeating_it() -> None:
    with pytest.raises(errors.BadDatabaseUrl) as caught:
        await migrate.migrate("postgresql://askbridge:hid/den@127.0.0.1/askbridge")

    assert "hid" not in str(caught.value) and caught.value.__cause__ is None


async def test_a_connection_that_was_clicked_before_the_upgrade_is_known_to_be(db: Database) -> None:
    """And one that was not is not. Only the migration's update is run: later migrations may be needed for the rows."""
    (text,) = [migration.sql for migration in migrate.ours() if migration.version == 26]
    clicked, other = await build.tenant(db), await build.tenant(db)
    await interactions.claim(db, build.click(await build.question(db, clicked)))
    await build.question(db, other)
    assert len(await connections.degraded(db)) == 2, "a claim itself records nothing"

    await db.fetch(text[text.index("update connections") :])

    assert [one.id for one in await connections.degraded(db) if one.is_unclicked] == [other.scope.connection_id]
