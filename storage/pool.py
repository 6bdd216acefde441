"""One replica's connections to PostgreSQL: every call is bounded, every failure is raised as `Unavailable`."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeVar

import asyncpg
from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction

from storage import encoding, errors, json_text
from storage.statements import Runs

T = TypeVar("T")

COMMAND_TIMEOUT = 5.0  # seconds; without a limit, a frozen backend blocks its caller for ever
ACQUIRE_TIMEOUT = 3.0
_STATEMENTS = 200  # prepared statements that a connection keeps; there are fewer
TRY_SECONDS = 1.0  # of one try of `Database.insist`


class PoolConnection(asyncpg.Connection):
    """A connection that keeps no session state, so that returning it to the pool costs no round trip."""

    def get_reset_query(self) -> str:
        """Return no query: no statement of ours leaves a setting, a listener or a session lock behind."""
        return ""


class _LimitedTransaction(Transaction):
    """A transaction that sets its own time limits, for connections on which no setting persists."""

    def __init__(self, connection: asyncpg.Connection, *, seconds: float) -> None:
        super().__init__(connection, None, readonly=False, deferrable=False)
        self._limited = connection
        self._seconds = seconds

    async def start(self) -> None:
        await super().start()
        # Without limits, a replica that freezes inside the transaction blocks clicks for as long as the pooler before
        # the server keeps the connection.
        await self._limited.execute(
            "; ".join(f"set local {name} = '{to}'" for name, to in _limits(self._seconds).items())
        )


def _transaction_pooled(seconds: float) -> type[PoolConnection]:
    """Return the class of connections through a pooler that may use another server connection for each transaction."""

    class TransactionPooledConnection(PoolConnection):
        def transaction(self, **_: object) -> Transaction:
            """Return a transaction that the server itself ends if the client stops sending. Options are ignored."""
            return _LimitedTransaction(self, seconds=seconds)

    return TransactionPooledConnection


class Terminates(Protocol):
    """Can be closed at once: a connection, or the proxy of one that a pool lent."""

    def terminate(self) -> None: ...


async def prepare(connection: asyncpg.Connection) -> None:
    """Set up the types of a new connection: jsonb columns are plain Python values, whose numbers have all digits."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json_text.dumps, decoder=json_text.loads, format="text"
    )


async def bounded(connection: Terminates, work: Awaitable[T], *, seconds: float) -> T:
    """Return the result of `work`, or raise its error; after `seconds` the connection is terminated.

    Cancelling `work` is not enough: asyncpg's cancellation waits for the server, which may be frozen.
    """
    running = asyncio.ensure_future(work)
    try:
        await asyncio.wait({running}, timeout=seconds)
    finally:
        if not running.done():
            connection.terminate()
            await asyncio.wait({running})
            running.exception()  # retrieved here, because a cancelled caller does not retrieve it
    return running.result()


class Database:
    """A bounded pool. Failures of the database raise `errors.Unavailable`; bugs such as wrong SQL raise as they are."""

    def __init__(self, pool: asyncpg.Pool, *, command_timeout: float = COMMAND_TIMEOUT) -> None:
        self._pool = pool
        self._command_timeout = command_timeout

    @property
    def pool(self) -> asyncpg.Pool:
        """The pool itself, for another `Database` on the same connections."""
        return self._pool

    @property
    def in_use(self) -> int:
        """How many connections are in use."""
        return self._pool.get_size() - self._pool.get_idle_size()

    @property
    def max_size(self) -> int:
        """How many connections there can be."""
        return self._pool.get_max_size()

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """Run one statement on any connection."""
        async with self.acquire(seconds=ACQUIRE_TIMEOUT) as connection:
            return await connection.fetch(query, *args)

    async def fetch_within(self, query: str, *args: Any, seconds: float) -> list[Record]:
        """Run one statement for at most `seconds`; then the connection is terminated and the outcome is unknown."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with self.acquire(seconds=seconds) as connection:
            left = deadline - asyncio.get_running_loop().time()
            return await bounded(connection, connection.fetch(query, *args), seconds=left)

    async def transact_within(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        """Run several statements in one transaction for at most `seconds`.

        Then the connection is terminated, the outcome is unknown, and Unavailable is raised. An exception of `run`
        rolls back. `run` must await only its statements: nothing else ends with the connection.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        async with self.acquire(seconds=seconds) as connection:

            async def work() -> T:
                async with connection.transaction():
                    return await run(connection)

            left = deadline - asyncio.get_running_loop().time()
            return await bounded(connection, work(), seconds=left)

    def within(self, seconds: float) -> Runs:
        """Return a runner that gives each statement at most `seconds`, as `fetch_within` does."""
        return _Within(self, seconds)

    async def insist(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        """Repeat `run` until it is confirmed; raises Unavailable if that takes longer than `seconds`.

        A try whose outcome is unknown is repeated, so `run` must be idempotent in the database.
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
        """Lend one connection. A server that became read-only expires the whole pool: it is no longer the primary."""
        try:
            async with self._pool.acquire(timeout=seconds) as connection:
                yield connection
        except errors.FOREIGN as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A frozen server made the release fail too; a cancelled task must get its CancelledError instead.
                raise asyncio.CancelledError from error
            unavailable = errors.translate(error)
            if unavailable.failure is errors.Failure.READ_ONLY:
                await self._pool.expire_connections()
            raise unavailable from error

    async def close(self) -> None:
        """Close gracefully within `command_timeout`, else by terminating the connections."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=self._command_timeout)
        except (TimeoutError, *errors.FOREIGN):
            self._pool.terminate()


class _Within:
    """A runner that gives each statement the same number of seconds."""

    def __init__(self, db: Database, seconds: float) -> None:
        self._db = db
        self._seconds = seconds

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        return await self._db.fetch_within(query, *args, seconds=self._seconds)


@contextlib.asynccontextmanager
async def connect(
    dsn: str,
    *,
    name: str,
    size: int,
    warm: int = 1,
    seconds: float = COMMAND_TIMEOUT,
    pooled: bool = False,
    command_timeout: float = COMMAND_TIMEOUT,
) -> AsyncIterator[Database]:
    """Open a pool of at most `size` connections, `warm` of them at once.

    `pooled`: a pooler stands before the server, so neither prepared statements nor settings persist on a connection,
    and each transaction sets its own limits. Raises Unavailable, BadDatabaseUrl, WrongEncoding, or NotDirect for a
    pooler without it.

    The server itself ends a statement shortly before `seconds`: a statement that waits for a lock does not notice that
    its client has gone, would keep its connection, and would be applied long after it was reported as unconfirmed. With
    `pooled` this holds inside transactions only. The client gives up a statement after `command_timeout` seconds.
    """
    try:
        pool = await asyncpg.create_pool(
            dsn,
            min_size=warm,
            max_size=size,
            command_timeout=command_timeout,
            timeout=ACQUIRE_TIMEOUT,
            connection_class=_transaction_pooled(seconds) if pooled else PoolConnection,
            init=prepare,
            server_settings={"application_name": f"askbridge {name}", **({} if pooled else _limits(seconds))},
            statement_cache_size=0 if pooled else _STATEMENTS,
        )
    except ValueError:
        raise errors.BadDatabaseUrl from None  # the cause quotes parts of the URL, perhaps of its password
    except asyncpg.exceptions.ProtocolViolationError as error:
        if "startup parameter" not in str(error):  # all of PgBouncer's errors have this class, also that it is full
            raise errors.translate(error) from error
        raise errors.NotDirect from None  # the pooler refuses the settings of `server_settings`
    except errors.FOREIGN as error:
        raise errors.translate(error) from error
    database = Database(pool, command_timeout=command_timeout)
    try:
        async with database.acquire() as connection:
            encoding.check(connection)
        yield database
    finally:
        await database.close()


def _limits(seconds: float) -> dict[str, str]:
    limit = f"{int(seconds * 950)}ms"
    return {"statement_timeout": limit, "lock_timeout": limit, "idle_in_transaction_session_timeout": limit}
