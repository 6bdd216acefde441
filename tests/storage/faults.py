"""Faults of databases that occur in practice, for the database of a test."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from storage.pool import Database


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


async def until_waiting(connection: asyncpg.Connection) -> None:
    """Wait until some statement waits for a lock in this database; TimeoutError when none does."""
    await _until(connection, "wait_event_type = 'Lock'")


async def until_running(connection: asyncpg.Connection, words: str) -> None:
    """Wait until the server runs a statement with these words; TimeoutError when it does not."""
    await _until(connection, "state = 'active' and position($1 in query) > 0", words)


async def _until(connection: asyncpg.Connection, condition: str, *arguments: str) -> None:
    async with asyncio.timeout(10):
        while not await connection.fetch(
            "select from pg_stat_activity "
            f"where datname = current_database() and pid <> pg_backend_pid() and {condition}",
            *arguments,
        ):
            await asyncio.sleep(0.001)
