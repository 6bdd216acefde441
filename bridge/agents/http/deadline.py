"""How long a caller waits for the database before it is told that there is none: less than most clients' patience."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from storage.errors import Failure, Unavailable

T = TypeVar("T")

SECONDS = 2.5


async def within(work: Awaitable[T], *, seconds: float = SECONDS) -> T:
    """What `work` gives; raises Unavailable when that is not known in time, and then lets it end by itself.

    A cancelled statement waits for a server that may be frozen, so nobody here waits for the cancellation.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise Unavailable(Failure.UNKNOWN, "TimeoutError")
    finally:
        if not task.done():
            task.add_done_callback(_forget)
            task.cancel()


def _forget(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()  # looked at, or it would be reported as never retrieved
