"""Clicks per second on one replica, 16 in flight, against a bare Bolt app that acks after its listener as ours does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from bench import rounds
from bench.figures import Bar, Figure, Floor, Spread, percentile
from bench.ground import IN_FLIGHT, Ground
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

Burst: TypeAlias = tuple[float, float]
"""Clicks per second, and the p99 in milliseconds."""


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """How many of the bare app's clicks a replica can claim, and how long the slowest take."""
    given = await rounds.interleaved(
        sizes.rounds,
        {
            "ours": _burst(ground, ground.replicas[0], sizes.burst),
            "before": _burst(ground, ground.before, sizes.burst),
        },
    )
    ours, before = given["ours"], given["before"]
    name = "bare Bolt, `process_before_response`"
    return [
        Floor(name=name, values=[rate for rate, _ in before]).figure(
            f"clicks per second, one replica, {IN_FLIGHT} in flight",
            [rate for rate, _ in ours],
            unit="/s",
            bar=Bar(limit=0.3, at_least=True),
        ),
        Figure(
            what="the same, p99",
            value=Spread.of([end for _, end in ours]),
            unit="ms",
            bar=Bar(limit=150, unit="ms"),
            floor_name=name,
            floor=Spread.of([end for _, end in before]),
            ratio=Spread.of_ratios([end for _, end in ours], [end for _, end in before]),
        ),
    ]


def _burst(ground: Ground, child: Child, count: int) -> Callable[[], Awaitable[Burst]]:
    async def turn() -> Burst:
        made = [ground.click(child, question) for question in await ground.place.pending(count + IN_FLIGHT)]
        wires = [await Wire.open(ground.url(child)) for _ in range(IN_FLIGHT)]
        try:
            await asyncio.gather(*(wire.expect(made.pop()) for wire in wires))
            free = wires[:]

            async def click(request: bytes) -> None:
                wire = free.pop()
                await wire.expect(request)
                free.append(wire)

            began = time.perf_counter()
            took = await rounds.each([partial(click, sent) for sent in made], in_flight=IN_FLIGHT)
            return len(took) / (time.perf_counter() - began), percentile(took, 99)
        finally:
            for wire in wires:
                wire.close()

    return turn
