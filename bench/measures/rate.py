"""Clicks per second on one replica, 16 in flight, against a bare Bolt app that acks after its listener as ours does."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import psutil

from bench import rounds
from bench.environment import IN_FLIGHT, Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_TICK = 0.01  # seconds; the resolution of the clock of processor time


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The measurements of one round's clicks on one process."""

    rate: float  # clicks per second
    p99: float  # milliseconds
    cpu: float  # milliseconds of processor time of the process that answers, for each click


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The clicks per second that a replica claims, compared with the bare app, and how long the slowest take."""
    results = await rounds.interleaved(
        sizes.rounds,
        {
            "ours": _burst(environment, environment.replicas[0], sizes.burst),
            "before": _burst(environment, environment.before, sizes.burst),
        },
    )
    ours, before = results["ours"], results["before"]
    name = "bare Bolt, `process_before_response`"
    return [
        Floor(name=name, values=[burst.rate for burst in before]).figure(
            f"clicks per second, one replica, {IN_FLIGHT} in flight",
            [burst.rate for burst in ours],
            unit="/s",
            bar=Bar(limit=0.3, at_least=True),
        ),
        Floor(name=name, values=[burst.p99 for burst in before]).figure(
            "the same, p99", [burst.p99 for burst in ours], unit="ms", bar=Bar(limit=150, unit="ms")
        ),
        Floor(name=name, values=[burst.cpu for burst in before]).figure(
            "the same, processor time of the replica, each", [burst.cpu for burst in ours], unit="ms"
        ),
    ]


def _burst(environment: Environment, child: Child, count: int) -> Callable[[], Awaitable[Burst]]:
    async def turn() -> Burst:
        made = [
            environment.click(child, interaction_id)
            for interaction_id in await environment.database.pending(count + IN_FLIGHT)
        ]
        wires = [await Wire.open(environment.url(child)) for _ in range(IN_FLIGHT)]
        try:
            await asyncio.gather(*(wire.expect(made.pop()) for wire in wires))
            free = wires[:]

            async def click(request: bytes) -> None:
                wire = free.pop()
                await wire.expect(request)
                free.append(wire)

            cpu_before, began = _cpu_seconds(child), time.perf_counter()
            took = await rounds.each([partial(click, sent) for sent in made], in_flight=IN_FLIGHT)
            return Burst(
                rate=count / (time.perf_counter() - began),
                p99=percentile(took, 99),
                cpu=max(_TICK, _cpu_seconds(child) - cpu_before) * 1000 / count,
            )
        finally:
            for wire in wires:
                wire.close()

    return turn


def _cpu_seconds(child: Child) -> float:
    """Seconds of processor time that a process has used so far."""
    times = psutil.Process(child.pid).cpu_times()
    return float(times.user + times.system)
