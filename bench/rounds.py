"""Fair turns: every contender once a round, in an order that moves on, so that a slow minute is slow for all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


async def interleaved(rounds: int, contenders: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, list[T]]:
    """What each contender gave, one value per round."""
    names = list(contenders)
    given: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            given[name].append(await contenders[name]())
    return given


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """How many milliseconds it took."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def each(
    works: Iterable[Callable[[], Awaitable[object]]], *, in_flight: int = 1, pause: float = 0
) -> list[float]:
    """Do all of it, so many at once, with so many seconds before each; how many milliseconds each took."""
    waiting = iter(works)
    took: list[float] = []

    async def worker() -> None:
        for work in waiting:
            if pause:
                await asyncio.sleep(pause)
            took.append(await timed(work))

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
    return took
