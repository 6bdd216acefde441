"""The only place where tests sleep: polling for a state without a signal, and pauses of simulated peers."""

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PATIENCE = 30.0  # seconds; how long a promise without a number of its own may take on a loaded machine


@overload
async def until(
    look: Callable[[], Awaitable[T]], good: Callable[[T], object] = ..., *, within: float = ..., every: float = ...
) -> T: ...


@overload
async def until(
    look: Callable[[], T], good: Callable[[T], object] = ..., *, within: float = ..., every: float = ...
) -> T: ...


async def until(
    look: Callable[[], Awaitable[T] | T],
    good: Callable[[T], object] = bool,
    *,
    within: float = PATIENCE,
    every: float = 0.01,
) -> T:
    """Look again and again, `every` so many seconds, until `good` is true of what was found, and return that.

    Raises TimeoutError after `within` seconds. `look` may be a plain or an asynchronous function.
    """
    async with asyncio.timeout(within):
        while True:
            found = look()
            seen = await found if inspect.isawaitable(found) else found
            if good(seen):
                return seen
            await asyncio.sleep(every)


def until_sync(look: Callable[[], T], good: Callable[[T], object] = bool, *, within: float = PATIENCE) -> T:
    """Do what `until` does in code that is not asynchronous, or in a thread of its own."""
    deadline = time.monotonic() + within
    while not good(found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
    return found


async def jitter(longest: float, shortest: float = 0.0) -> None:
    """Sleep for a random time of at most `longest` seconds, so that concurrent actors meet in every order."""
    await asyncio.sleep(random.uniform(shortest, longest))


async def pause(seconds: float) -> None:
    """Sleep for this long, for a peer that is slow on purpose or an actor with a fixed pace."""
    await asyncio.sleep(seconds)
