"""A replica's two pools: one for everything, one that only clicks may use; waited for while there is no database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from bridge.logs import Log
from bridge.server.config import Settings
from storage import errors, migrate, notices, pool
from storage.pool import Database

_log = Log("app")

_PAUSE = 1.0  # seconds between two tries
_SAID_AGAIN = 30  # tries after which it is said again that there is no database


@contextlib.asynccontextmanager
async def opened(settings: Settings, stopping: asyncio.Event) -> AsyncIterator[tuple[Database, Database] | None]:
    """Both, for everything and for clicks; None when stopped before there was a database.

    Raises NotMigrated, SchemaTooNew and NotDirect.
    """
    async with AsyncExitStack() as stack:
        yield await _awaited(stack, settings, stopping)


async def _awaited(
    stack: AsyncExitStack, settings: Settings, stopping: asyncio.Event
) -> tuple[Database, Database] | None:
    """Try until it succeeds, and say what for."""
    attempts, said = 0, ""
    while not stopping.is_set():
        try:
            return await _tried(stack, settings)
        except errors.Unavailable as error:
            if error.cause != said or attempts % _SAID_AGAIN == 0:
                _log.warning("database_awaited", cause=error.cause, advice=error.advice)
                said = error.cause
        attempts += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), timeout=_PAUSE)
    return None


async def _tried(stack: AsyncExitStack, settings: Settings) -> tuple[Database, Database]:
    """Open both and see that they can be used; the stack closes them. Raises Unavailable, with nothing left open."""
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
