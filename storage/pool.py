"""One replica's connections to PostgreSQL: every call is bounded, every failure comes out as `Unavailable`."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeVar

import asyncpg
from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction

from storage import errors
from storage.statements import Runs

T = TypeVar("T")

COMMAND_TIMEOUT = 5.0  # seconds; without one, a frozen backend holds its caller for ever
ACQUIRE_TIMEOUT = 3.0
_STATEMENTS = 200  # prepared ones that a connection keeps; there are fewer
TRY_SECONDS = 1.0  # of what is tried again until it is confirmed


class Connection(asyncpg.Connection):
    """A connection that keeps no session state, so that returning it to the pool costs no round trip."""

    def get_reset_query(self) -> str:
        """No query: nothing we run leaves a setting, a listener or a session lock behind."""
        return ""


class _Limited(Transaction):
    """A transaction with limits of its own, where none stay on a connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection, None, readonly=False, deferrable=False)
        self._limited = connection

    async def start(self) -> None:
        await super().start()
        # Else a replica that freezes in it, behind a pooler that still holds its connection, keeps clicks waiting.
        await self._limited.execute("; ".join(f"set local {name} = '{to}'" for name, to in _limits().items()))


class Pooled(Connection):
    """A connection that is another one for each transaction."""

    def transaction(self, **_: object) -> Transaction:
        """Begin one that the server ends by itself when its client falls silent; of the usual kind only."""
        return _Limited(self)


class Terminates(Protocol):
    """What can be ended at once: a connection, or one that a pool lent."""

    def terminate(self) -> None: ...


async def prepare(connection: asyncpg.Connection) -> None:
    """Teach a connection our types: jsonb columns are plain Python values."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads, format="text")


async def bounded(connection: Terminates, work: Awaitable[T], *, seconds: float) -> T:
    """What is asked of a connection, or the error that it is; past its time the connection is terminated.

    Cancelling it would not do: that waits for a server that may be frozen.
    """
    running = asyncio.ensure_future(work)
    try:
        await asyncio.wait({running}, timeout=seconds)
    finally:
        if not running.done():
            connection.terminate()
            await asyncio.wait({running})
            running.exception()  # a cancelled caller does not ask for it
    return running.result()


class Database:
    """A bounded pool. What fails for want of the database raises `errors.Unavailable`; our mistakes raise as is."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @property
    def pool(self) -> asyncpg.Pool:
        """The pool itself, for another `Database` on the same connections."""
        return self._pool

    @property
    def in_use(self) -> int:
        """How many connections somebody holds."""
        return self._pool.get_size() - self._pool.get_idle_size()

    @property
    def most(self) -> int:
        """How many connections there can be."""
        return self._pool.get_max_size()

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """Run one statement on any connection."""
        async with self.acquire(seconds=ACQUIRE_TIMEOUT) as connection:
            return await connection.fetch(query, *args)

    async def fetch_within(self, query: str, *args: Any, seconds: float) -> list[Record]:
        """Run one statement, and know by the deadline: past it the connection is terminated, the outcome is unknown."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with self.acquire(seconds=seconds) as connection:
            left = deadline - asyncio.get_running_loop().time()
            return await bounded(connection, connection.fetch(query, *args), seconds=left)

    async def transact_within(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        """Run several statements in one transaction, and know by the deadline whether it has committed.

        Past the deadline the connection is terminated, the outcome is unknown, and Unavailable is raised. What `run`
        raises rolls back. It must await nothing but its statements: only those end with the connection.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        async with self.acquire(seconds=seconds) as connection:

            async def work() -> T:
                async with connection.transaction():
                    return await run(connection)

            left = deadline - asyncio.get_running_loop().time()
            return await bounded(connection, work(), seconds=left)

    def within(self, seconds: float) -> Runs:
        """The same connections, with so long for each statement: past it the outcome is unknown, and Unavailable."""
        return _Within(self, seconds)

    async def insist(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        """Run what may safely run twice until it is confirmed; raises Unavailable when it is not within `seconds`.

        A try whose outcome is unknown is made again, so `run` must be the same for the database every time.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while True:
            try:
                return await run(self.within(min(TRY_SECONDS, deadline - clock())))
            except errors.Unavailable:
                pause = random.uniform(0.01, 0.05)  # noqa: S311  -- spreads the tries of many, guards nothing
                if deadline - clock() < pause + TRY_SECONDS / 10:
                    raise
                await asyncio.sleep(pause)

    @contextlib.asynccontextmanager
    async def acquire(self, *, seconds: float = ACQUIRE_TIMEOUT) -> AsyncIterator[PoolConnectionProxy]:
        """Hold one connection. A server that turned read-only costs the whole pool: it is no longer the primary."""
        try:
            async with self._pool.acquire(timeout=seconds) as connection:
                yield connection
        except errors.FOREIGN as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A frozen server made the release fail too; whoever is being cancelled must learn that, not this.
                raise asyncio.CancelledError from error
            unavailable = errors.translate(error)
            if unavailable.failure is errors.Failure.READ_ONLY:
                await self._pool.expire_connections()
            raise unavailable from error

    async def close(self) -> None:
        """Close gracefully for a moment, then for good."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=COMMAND_TIMEOUT)
        except (TimeoutError, *errors.FOREIGN):
            self._pool.terminate()


class _Within:
    """A database whose every statement is over by its deadline."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db = db
        self._seconds = seconds

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        return await self._db.fetch_within(query, *args, seconds=self._seconds)


@contextlib.asynccontextmanager
async def connect(
    dsn: str, *, name: str, size: int, warm: int = 1, seconds: float = COMMAND_TIMEOUT, pooled: bool = False
) -> AsyncIterator[Database]:
    """Open a pool of at most `size` connections, `warm` of them at once.

    Raises Unavailable, BadDatabaseUrl, or NotDirect for a pooler before the server that was not announced: `pooled`
    means that nothing is expected to stay on a connection, neither statements nor settings; transactions bring theirs.

    The server itself ends a statement a moment before `seconds`: one that waits for a lock does not notice that its
    client has gone, would keep its connection, and would be applied long after it was reported as not confirmed.
    """
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=warm,
            max_size=size,
            command_timeout=COMMAND_TIMEOUT,
            timeout=ACQUIRE_TIMEOUT,
            connection_class=Pooled if pooled else Connection,
            init=prepare,
            server_settings={"application_name": f"askbridge {name}", **({} if pooled else _limits(seconds))},
            statement_cache_size=0 if pooled else _STATEMENTS,
        )
    except ValueError:
        raise errors.BadDatabaseUrl from None  # the cause quotes pieces of it, perhaps of its password
    except asyncpg.exceptions.ProtocolViolationError as error:
        if "startup parameter" not in str(error):  # PgBouncer says everything of its own so, also that it is full
            raise errors.translate(error) from error
        raise errors.NotDirect from None  # it does not know our settings
    except errors.FOREIGN as error:
        raise errors.translate(error) from error
    database = Database(pool)
    try:
        yield database
    finally:
        await database.close()


def _limits(seconds: float = COMMAND_TIMEOUT) -> dict[str, str]:
    limit = f"{int(seconds * 950)}ms"
    return {"statement_timeout": limit, "lock_timeout": limit, "idle_in_transaction_session_timeout": limit}
