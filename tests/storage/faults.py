"""Faults of databases that occur in practice, for the database of a test."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from asyncpg import Record

from storage.pool import Database
from storage.statements import Runs
from tests.waiting import until


async def pid_of(db: Database) -> int:
    """The server process behind a pool of one connection."""
    (row,) = await db.fetch("select pg_backend_pid() as pid")
    pid: int = row["pid"]
    return pid


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Freeze a server process, so that it neither answers nor ends."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except PermissionError:
        pytest.skip("the server runs as another user, so it cannot be signalled")
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.asynccontextmanager
async def admin(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection outside of any pool."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def until_waiting(connection: Runs, *, number: int = 1) -> None:
    """Wait until `number` statements wait for a lock in this database; TimeoutError when they do not."""
    await _until(connection, "wait_event_type = 'Lock'", number=number)


async def until_running(connection: Runs, words: str) -> None:
    """Wait until the server runs a statement with these words; TimeoutError when it does not."""
    await _until(connection, "state = 'active' and position($1 in query) > 0", words)


async def until_overdue(connection: Runs) -> None:
    """Wait until the deadline of some interaction has passed."""
    await until(lambda: connection.fetch("select from interactions where expires_at < clock_timestamp()"), within=10)


async def _until(connection: Runs, condition: str, *arguments: str, number: int = 1) -> None:
    async def look() -> list[Record]:
        await connection.fetch("select pg_stat_clear_snapshot()")  # within a transaction the first look is cached
        return await connection.fetch(
            "select from pg_stat_activity "
            f"where datname = current_database() and pid <> pg_backend_pid() and {condition}",
            *arguments,
        )

    await until(look, lambda rows: len(rows) >= number, within=10)
