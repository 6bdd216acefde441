"""Start to ready on a warm database: from the command until `/readyz` says 200, against a bare Bolt app's start."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bench import rounds, wire
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_BETWEEN = 0.005  # seconds between two polls


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The time from the start of a new replica until it can take clicks."""
    results = await rounds.interleaved(
        sizes.rounds, {"ours": _start(environment.replica), "bare": _start(environment.bare)}
    )
    floor = Floor(name="bare Bolt", values=results["bare"])
    return [
        floor.figure("start to ready, warm database", results["ours"], unit="s", bar=Bar(limit=2, unit="s")),
    ]


def _start(made: Callable[[], Child]) -> Callable[[], Awaitable[float]]:
    async def turn() -> float:
        began = time.perf_counter()
        async with made() as child:
            await child.ready()
            probe = await Wire.open(child.ready_info["url"])
            readyz = wire.request("GET", f"{child.ready_info['url']}/readyz")
            while (await probe.exchange(readyz))[0] != 200:  # noqa: ASYNC110  -- another process gives no other signal
                await asyncio.sleep(_BETWEEN)
            took = time.perf_counter() - began
            probe.close()
        return took

    return turn
