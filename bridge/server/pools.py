"""Opens a replica's two pools, one of them for clicks alone; waits while the database is unavailable."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from bridge.logs import Log
from bridge.server.config import Settings
from storage import errors, migrate, notices, pool
from storage.pool import Database

_log = Log("app")

_PAUSE = 1.0  # seconds between two attempts
_WARN_EVERY = 30  # attempts; a new cause is logged at once


@contextlib.asynccontextmanager
async def opened(settings: Settings, stopping: asyncio.Event) -> AsyncIterator[tuple[Database, Database] | None]:
    """Yield (general pool, claims pool), or None when `stopping` was set before the database was available.

    Raises NotMigrated, SchemaTooNew, NotDirect and WrongEncoding.
    """
    async with AsyncExitStack() as stack:
        yield await _wait_for_database(stack, settings, stopping)


async def _wait_for_database(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event
) -> tuple[Database, Database] | None:
    """Try until it succeeds, and log what the replica waits for."""
    attempts, logged_cause = 0, ""
    while not stopping.is_set():
        try:
            return await _open(stack, settings)
        except errors.Unavailable as error:
            if error.cause != logged_cause or attempts % _WARN_EVERY == 0:
                _log.warning("database_awaited", cause=error.cause, advice=error.advice)
                logged_cause = error.cause
        attempts += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), timeout=_PAUSE)
    return None


async def _open(stack: AsyncExitStack, settings: Settings) -> tuple[Database, Database]:
    """Open and check both pools; `stack` closes them. Raises Unavailable, with both pools closed."""
    dsn, direct = settings.database_url.get_secret_value(), settings.direct_url
    async with AsyncExitStack() as attempt:
        db = await attempt.enter_async_context(
            pool.connect(dsn, name="replica", size=settings.database_connections, pooled=direct != dsn)
        )
        size = settings.claim_connections
        claims = await attempt.enter_async_context(
            pool.connect(direct, name="claims", size=size, warm=size, seconds=pool.TRY_SECONDS)
        )
        await migrate.check(db)
        await notices.check(direct, db=db, claims=claims)
        stack.push_async_exit(attempt.pop_all())
        return db, claims
