"""Interleaved rounds: every contender has one turn a round, in rotating order, so that a slow minute affects all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


async def interleaved(rounds: int, contenders: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, list[T]]:
    """Give every contender one turn in each round; returns each contender's values, one per round."""
    names = list(contenders)
    values: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            values[name].append(await contenders[name]())
    return values


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Run the work, and return how many milliseconds it took."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def each(
    works: Iterable[Callable[[], Awaitable[object]]], *, in_flight: int = 1, pause: float = 0
) -> list[float]:
    """Run all works, `in_flight` at once, each after `pause` seconds; returns how many milliseconds each took."""
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
