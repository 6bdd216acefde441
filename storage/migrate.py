"""Migrations of a database to this release's schema: numbered, forward only, applied by one process at a time."""

import asyncio
import itertools
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

import asyncpg

from storage import encoding, errors, indexes, statements
from storage.pool import PoolConnection

_SQL = statements.load("migrations")
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK = 0x61736B62  # "askb": the number is arbitrary, but must never change
LOCKS_SECONDS = 20.0  # in which a migration tries to get its locks
_TABLE = """
create table migrations (
    version    int primary key,
    name       text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class DuplicateNumber(Exception):
    """Two migrations have the same number, so that their order would depend on the machine."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations/`, which is never edited once it has landed."""

    version: int
    name: str
    sql: str


def order(found: Iterable[Migration]) -> list[Migration]:
    """Return the migrations ordered by number; raises DuplicateNumber."""
    ordered = sorted(found, key=lambda migration: migration.version)
    for one, next_one in itertools.pairwise(ordered):
        if one.version == next_one.version:
            raise DuplicateNumber(f"{one.name} and {next_one.name} are both number {one.version}")
    return ordered


def ours() -> list[Migration]:
    """Return the migrations of this release."""
    return order(
        Migration(version=int(match[1]), name=match[2], sql=file.read_text("utf-8"))
        for file in resources.files("sql").joinpath("migrations").iterdir()
        if (match := _FILE.fullmatch(file.name))
    )


async def migrate(
    dsn: str, migrations: list[Migration] | None = None, *, lock_seconds: float = LOCKS_SECONDS
) -> list[Migration]:
    """Apply the missing migrations and return them.

    Any number of processes may call this at once: one applies, the others find it done. Raises SchemaTooNew if the
    database is ahead of `migrations`, Unavailable if it cannot be reached, BadDatabaseUrl, and WrongEncoding
    before anything is changed.
    """
    known = ours() if migrations is None else order(migrations)
    try:
        try:
            connection = await asyncpg.connect(dsn, timeout=10, connection_class=PoolConnection)
        except ValueError:
            raise errors.BadDatabaseUrl from None  # the cause quotes parts of the URL, perhaps of its password
        try:
            encoding.check(connection)
            await _lock(connection)
            return await _apply(connection, known, lock_seconds=lock_seconds)
        finally:
            await connection.close(timeout=5)
    except errors.FOREIGN as error:
        raise errors.translate(error) from error


async def _lock(connection: PoolConnection) -> None:
    """Take the lock of the one process that migrates.

    By polling: a session that waits inside the server holds a snapshot, and an index that is built concurrently waits
    for the end of every snapshot, so that the two would wait for each other.
    """
    while not await connection.fetchval(  # noqa: ASYNC110  -- another process releases it: no event here can tell
        f"select pg_try_advisory_lock({_LOCK})"
    ):
        await asyncio.sleep(random.uniform(0.05, 0.15))  # noqa: S311  -- spreads the tries of many, guards nothing


async def _apply(connection: PoolConnection, known: list[Migration], *, lock_seconds: float) -> list[Migration]:
    if not (await _SQL["exists"].one(connection))["found"]:
        await connection.execute(_TABLE)
    applied = await version(connection)
    _refuse_newer(applied, known)
    missing = [migration for migration in known if migration.version > applied]
    for migration in missing:
        if concurrent := indexes.outside_a_transaction(migration.name, migration.sql):
            # A concurrent build blocks no writes, so it may wait for as long as earlier transactions take.
            await connection.execute("set lock_timeout = 0; set statement_timeout = 0")
            for index in concurrent:
                await indexes.build(connection, index)
            await _record(connection, migration)
            continue
        await _transact(connection, migration, seconds=lock_seconds)
    return missing


async def _transact(connection: PoolConnection, migration: Migration, *, seconds: float) -> None:
    """Apply a migration in one transaction.

    While it waits for a lock, all clicks queue behind it, and what it waits for may wait for it. So it gives
    up all of its locks before PostgreSQL looks for a deadlock (after 1 s), and tries again.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    await connection.execute("set lock_timeout = '500ms'")
    while True:
        try:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await _record(connection, migration)
        except (asyncpg.exceptions.LockNotAvailableError, asyncpg.exceptions.DeadlockDetectedError):
            if clock() > deadline:
                raise
            await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311  -- spreads the tries, guards nothing
        else:
            return


async def _record(connection: PoolConnection, migration: Migration) -> None:
    await _SQL["record"].run(connection, version=migration.version, name=migration.name)


async def version(db: statements.Runs) -> int:
    """Return the number of the newest migration that was applied to this database; 0 for none."""
    if not (await _SQL["exists"].one(db))["found"]:
        return 0
    applied = await _SQL["applied"].many(db)
    return applied[-1]["version"] if applied else 0


async def check(db: statements.Runs) -> None:
    """Raise NotMigrated or SchemaTooNew unless the database has exactly the schema that this release needs."""
    known = ours()
    applied = await version(db)
    _refuse_newer(applied, known)
    if applied < known[-1].version:
        raise errors.NotMigrated(
            f"The database has schema {applied}, and this release needs {known[-1].version}: run `askbridge migrate`."
        )


def _refuse_newer(applied: int, known: list[Migration]) -> None:
    newest = known[-1].version if known else 0
    if applied > newest:
        raise errors.SchemaTooNew(
            f"The database has schema {applied}, and this release knows only {newest}: run the newer release."
        )
