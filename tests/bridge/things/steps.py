"""Transactions step by step: each can be stopped, or its backend terminated, before and after every statement of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg
from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy

from storage import errors, statements
from storage.pool import Database
from storage.statements import Runs, Statement
from tests.storage.faults import admin

T = TypeVar("T")

_TERMINATE = "select pg_terminate_backend($1, 5000)"


def mutated(table: str, name: str, *changes: tuple[str, str]) -> Statement:
    """A statement with its text changed; a change whose old text is not found fails."""
    original = statements.load(table)[name]
    text = original.text
    for old, new in changes:
        assert old in text, f"{table}.{name} does not say {old!r} any more"
        text = text.replace(old, new)
    return statements.parse(table, f"-- name: {name} :{original.rows}\n-- A mutant.\n{text};")[name]


@dataclass(kw_only=True)
class Stop:
    """A place where a transaction waits: `reached` is set when it is there, and it goes on once `go` is set."""

    words: str  # of the statement after which it waits
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


class Stepped(Database):
    """A pool whose transactions stop at a place, or lose their backend at the point with number `kill_at`.

    Points are counted from 0 over all transactions: before and after each statement, and after each commit.
    """

    def __init__(self, db: Database, *, stop: Stop | None = None, kill_at: int = -1, dsn: str = "") -> None:
        super().__init__(db.pool)
        self._stop = stop
        self._kill_at = kill_at
        self._dsn = dsn
        self.points = 0
        self.killed_at = ""  # the point where a backend was terminated

    async def transact_within(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        async def work(runs: Runs) -> T:
            assert isinstance(runs, PoolConnectionProxy)
            return await run(_Steps(self, runs))

        result = await super().transact_within(work, seconds=seconds)
        if self._is_next():
            self.killed_at = "after the commit"
            raise errors.Unavailable(errors.Failure.UNKNOWN, "the response to the commit was lost")
        return result

    def _is_next(self) -> bool:
        self.points += 1
        return self.points - 1 == self._kill_at

    async def point(self, connection: PoolConnectionProxy, where: str) -> None:
        """Terminate the backend if this is the point."""
        if self._is_next():
            self.killed_at = where
            async with admin(self._dsn) as operator:
                await operator.fetch(_TERMINATE, connection.get_server_pid())

    async def after(self, query: str) -> None:
        """Wait if this is the place to stop; once only."""
        if (stop := self._stop) is not None and stop.words in query:
            self._stop = None
            stop.reached.set()
            await stop.go.wait()


class _Steps:
    """The statements of one transaction."""

    def __init__(self, db: Stepped, connection: PoolConnectionProxy) -> None:
        self._db = db
        self._connection = connection

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        name = " ".join(query.split())[:60]
        await self._db.point(self._connection, f"before {name}")
        rows = await self._connection.fetch(query, *args)
        await self._db.point(self._connection, f"after {name}")
        await self._db.after(query)
        return rows


@contextlib.asynccontextmanager
async def held(dsn: str, query: str, *args: Any) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of another that has locked what the query locks, until the end of the block."""
    async with admin(dsn) as holder, holder.transaction():
        await holder.fetch(query, *args)
        yield holder


async def waiting(connection: Runs) -> int:
    """How many statements wait for a lock in this database."""
    await connection.fetch("select pg_stat_clear_snapshot()")
    return len(
        await connection.fetch(
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
    )
