"""The dump of the schema: equal to the result of the migrations, on every PostgreSQL, and complete."""

import asyncio
from importlib import resources
from pathlib import Path

import asyncpg
import pytest

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.errors import PostgresNotFound
from sandbox.postgres.programs import Programs, find_programs
from storage import migrate, pool, schema
from storage.pool import Database

LANDED = resources.files("sql").joinpath("schema.sql")


async def dump(dsn: str) -> str:
    async with pool.connect(dsn, name="test", size=1) as db:
        return await schema.dump(db)


async def test_schema_sql_is_what_the_migrations_make(db: Database) -> None:
    made = await schema.dump(db)

    assert made == LANDED.read_text("utf-8"), "rewrite it: make schema"


async def test_nothing_is_left_out_of_the_dump(empty_dsn: str) -> None:
    """Executing the dump makes the same schema."""
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(LANDED.read_text("utf-8"))
    await connection.close()

    assert await dump(empty_dsn) == LANDED.read_text("utf-8")


@pytest.mark.parametrize(
    "change",
    [
        "alter table cards add column mood text",
        "alter table cards alter column attempt drop default",
        "alter table cards alter column attempt drop not null",
        "alter table cards alter column attempt type bigint",
        "alter table cards drop constraint cards_check",
        "alter table events drop constraint events_organization_id_interaction_id_fkey",
        "drop index clicks_winner",
        "create index on clicks (user_id)",
        "create table moods (mood text)",
    ],
)
async def test_a_change_of_the_schema_changes_the_dump(db: Database, change: str) -> None:
    before = await schema.dump(db)
    await db.fetch(change)

    assert await schema.dump(db) != before


@pytest.mark.parametrize(
    "stranger",
    [
        "create view moods as select 1",
        "create sequence moods",
        "create type mood as enum ('good')",
        "create function mood() returns int language sql as 'select 1'",
        "create table moods (mood int generated always as identity)",
        "create table moods (mood int, more int generated always as (mood + 1) stored)",
        "alter table cards enable row level security",
        "create trigger mood before update on cards for each row execute function suppress_redundant_updates_trigger()",
    ],
)
async def test_what_the_dump_cannot_show_is_refused(db: Database, stranger: str) -> None:
    await db.fetch(stranger)

    with pytest.raises(schema.Undescribed, match=r"mood|cards"):
        await schema.dump(db)


def another_postgres() -> Programs | None:
    """The programs in the wheel, if they have another version than the installed ones that all tests use."""
    try:
        tested, wheel = find_programs(prefer="installed"), find_programs(prefer="wheel")
    except PostgresNotFound:
        return None
    return wheel if wheel.major != tested.major else None


def test_another_version_of_postgres_makes_the_same_dump(reachable_path: Path) -> None:
    programs = another_postgres()
    if programs is None:
        pytest.skip("there is only one version of PostgreSQL here")

    async def made(dsn: str) -> str:
        await migrate.migrate(dsn)
        return await dump(dsn)

    with Cluster(reachable_path / "data", programs=programs, durable=False) as cluster:
        assert asyncio.run(made(cluster.dsn)) == LANDED.read_text("utf-8")
