"""Clicks per second on one replica, 16 in flight, against a bare Bolt app that acks after its listener as ours does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import psutil

from bench import rounds
from bench.environment import IN_FLIGHT, Ground
from bench.figures import Bar, Figure, Floor, percentile
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_TICK = 0.01  # seconds; the clock of processor time has no shorter ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What became of one round's clicks on one process."""

    rate: float  # clicks per second
    end: float  # the p99, in milliseconds
    work: float  # milliseconds of processor time of the process that answers, for each click


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
        Floor(name=name, values=[burst.rate for burst in before]).figure(
            f"clicks per second, one replica, {IN_FLIGHT} in flight",
            [burst.rate for burst in ours],
            unit="/s",
            bar=Bar(limit=0.3, at_least=True),
        ),
        Floor(name=name, values=[burst.end for burst in before]).figure(
            "the same, p99", [burst.end for burst in ours], unit="ms", bar=Bar(limit=150, unit="ms")
        ),
        Floor(name=name, values=[burst.work for burst in before]).figure(
            "the same, processor time of the replica, each", [burst.work for burst in ours], unit="ms"
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

            worked, began = _worked(child), time.perf_counter()
            took = await rounds.each([partial(click, sent) for sent in made], in_flight=IN_FLIGHT)
            return Burst(
                rate=count / (time.perf_counter() - began),
                end=percentile(took, 99),
                work=max(_TICK, _worked(child) - worked) * 1000 / count,
            )
        finally:
            for wire in wires:
                wire.close()

    return turn


def _worked(child: Child) -> float:
    """Seconds of processor time that a process has had."""
    times = psutil.Process(child.pid).cpu_times()
    return float(times.user + times.system)
