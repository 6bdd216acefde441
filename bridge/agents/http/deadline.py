"""Bounds how long a request waits for the database, below the timeouts that most clients have."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from storage.errors import Failure, Unavailable

T = TypeVar("T")

SECONDS = 2.5


async def within(work: Awaitable[T], *, seconds: float = SECONDS) -> T:
    """The result of `work`; raises Unavailable when `work` takes longer than `seconds`.

    `work` is then cancelled, but its cancellation is not awaited: a cancelled statement waits for its server, which may
    be frozen.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise Unavailable(Failure.UNKNOWN, "TimeoutError")
    finally:
        if not task.done():
            task.add_done_callback(_retrieve)
            task.cancel()


def _retrieve(task: "asyncio.Future[T]") -> None:
    if not task.cancelled():
        task.exception()  # else asyncio logs that the exception was never retrieved
