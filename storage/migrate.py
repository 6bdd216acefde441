"""Bring a database to this release's schema: numbered, forward only, one at a time, whoever else tries at once."""

import asyncio
import itertools
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

import asyncpg

from storage import errors, indexes, statements
from storage.pool import Connection

_SQL = statements.load("migrations")
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK = 0x61736B62  # "askb": any number will do, as long as it never changes
_TABLE = """
create table migrations (
    version    int primary key,
    name       text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class DuplicateNumber(Exception):
    """Two migrations have the same number; which one comes first would depend on the machine."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations/`, never edited once landed."""

    version: int
    name: str
    sql: str


def order(found: Iterable[Migration]) -> list[Migration]:
    """Migrations by number; raises DuplicateNumber."""
    ordered = sorted(found, key=lambda migration: migration.version)
    for one, next_one in itertools.pairwise(ordered):
        if one.version == next_one.version:
            raise DuplicateNumber(f"{one.name} and {next_one.name} are both number {one.version}")
    return ordered


def ours() -> list[Migration]:
    """The migrations this release brings."""
    return order(
        Migration(version=int(match[1]), name=match[2], sql=file.read_text("utf-8"))
        for file in resources.files("sql").joinpath("migrations").iterdir()
        if (match := _FILE.fullmatch(file.name))
    )


async def migrate(dsn: str, migrations: list[Migration] | None = None) -> list[Migration]:
    """Apply what is missing and say what was applied. Twenty at once are fine: one works, the others find it done.

    Raises SchemaTooNew when the database is ahead of `migrations`, Unavailable when it cannot be reached, and
    BadDatabaseUrl.
    """
    known = ours() if migrations is None else order(migrations)
    try:
        try:
            connection = await asyncpg.connect(dsn, timeout=10, connection_class=Connection)
        except ValueError:
            raise errors.BadDatabaseUrl from None  # the cause quotes pieces of it, perhaps of its password
        try:
            await _lock(connection)
            return await _apply(connection, known)
        finally:
            await connection.close(timeout=5)
    except errors.FOREIGN as error:
        raise errors.translate(error) from error


async def _lock(connection: Connection) -> None:
    """Be the only one who migrates.

    Asked for again and again: whoever waits inside the server holds a snapshot, and an index that is built
    concurrently waits for the end of every snapshot, so that the two would wait for each other.
    """
    while not await connection.fetchval(  # noqa: ASYNC110  -- another process lets go of it: nobody here can tell
        f"select pg_try_advisory_lock({_LOCK})"
    ):
        await asyncio.sleep(random.uniform(0.05, 0.15))  # noqa: S311  -- spreads the tries of many, guards nothing


async def _apply(connection: Connection, known: list[Migration]) -> list[Migration]:
    if not (await _SQL["exists"].one(connection))["found"]:
        await connection.execute(_TABLE)
    applied = await version(connection)
    _refuse_newer(applied, known)
    missing = [migration for migration in known if migration.version > applied]
    for migration in missing:
        if concurrent := indexes.outside_a_transaction(migration.name, migration.sql):
            # It keeps nobody waiting, so it may itself wait for as long as transactions before it take.
            await connection.execute("set lock_timeout = 0; set statement_timeout = 0")
            for index in concurrent:
                await indexes.build(connection, index)
            await _record(connection, migration)
            continue
        # A migration that cannot get its lock must fail, not queue up before everybody's clicks.
        await connection.execute("set lock_timeout = '2s'")
        async with connection.transaction():
            await connection.execute(migration.sql)
            await _record(connection, migration)
    return missing


async def _record(connection: Connection, migration: Migration) -> None:
    await _SQL["record"].run(connection, version=migration.version, name=migration.name)


async def version(db: statements.Runs) -> int:
    """The number of the newest migration this database has; 0 for none."""
    if not (await _SQL["exists"].one(db))["found"]:
        return 0
    applied = await _SQL["applied"].many(db)
    return applied[-1]["version"] if applied else 0


async def check(db: statements.Runs) -> None:
    """Raise NotMigrated or SchemaTooNew unless this database has exactly what this release needs."""
    known = ours()
    applied = await version(db)
    _refuse_newer(applied, known)
    if applied < known[-1].version:
        raise errors.NotMigrated(
            f"The database has schema {applied}, this release needs {known[-1].version}: run `askbridge migrate`."
        )


def _refuse_newer(applied: int, known: list[Migration]) -> None:
    newest = known[-1].version if known else 0
    if applied > newest:
        raise errors.SchemaTooNew(
            f"The database has schema {applied}, this release knows {newest}: run the newer release."
        )
