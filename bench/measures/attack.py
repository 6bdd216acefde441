"""Clicks beside ten agents who do their worst: the largest bodies, refused and accepted, and the largest lists."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from bench import attackers, rounds
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_KEYS: Final = 10
_PAUSE: Final = 0.05  # seconds between two clicks


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The p99 of a click on a replica with the limits of the defaults, alone and beside the attack."""
    keys = [await environment.database.another_key() for _ in range(_KEYS)]
    async with environment.replica(limited=True) as child:
        await child.ready()
        results = await rounds.interleaved(
            sizes.rounds,
            {
                "alone": _clicks(environment, child, sizes.clicks, attacked_with=[]),
                "beside": _clicks(environment, child, sizes.clicks, attacked_with=keys),
            },
        )
    alone, beside = ([percentile(took, 99) for took in results[name]] for name in ("alone", "beside"))
    what = f"click → ack beside {_KEYS} keys at their worst, p99"
    return [Floor(name="alone", values=alone).figure(what, beside, unit="ms", bar=Bar(limit=150, unit="ms"))]


def _clicks(
    environment: Environment, child: Child, count: int, *, attacked_with: list[str]
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = await environment.database.pending(count + 1)
        async with _attacked(environment.url(child), attacked_with):
            wire = await Wire.open(environment.url(child))
            try:
                await wire.expect(environment.click(child, made.pop()))
                return await rounds.each(
                    [partial(wire.expect, environment.click(child, one)) for one in made], pause=_PAUSE
                )
            finally:
                wire.close()

    return turn


@contextlib.asynccontextmanager
async def _attacked(url: str, keys: list[str]) -> AsyncIterator[None]:
    """Run the attackers; raises RuntimeError if nothing of what they sent was refused."""
    if not keys:
        yield
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", attackers.__name__, url, *keys), stdout=asyncio.subprocess.PIPE
    )
    if process.stdout is None:
        raise RuntimeError("the attackers have no stdout")
    try:
        await process.stdout.readline()
        yield
    finally:
        process.terminate()
        told = (await process.communicate())[0]
    if not {"422", "429"} & json.loads(told).keys():
        raise RuntimeError(f"the attackers were not refused: {told.decode()}")
