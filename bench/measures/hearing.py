"""Answer → waiting agent: from the ack of a click to the end of a request that waits for it, between real processes."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

from bench import rounds, wire
from bench.environment import Ground
from bench.figures import Bar, Figure, Floor, Spread, percentile
from bench.sizes import Sizes
from bench.wire import Wire
from bridge import ids
from sandbox.children import Child

_WAIT = 30
_STANDING = 0.2  # seconds until a request that was sent surely waits; one that came later would be answered at once
_PACE = 0.05  # seconds; at random up to this, so that clicks fall at any moment of the other replica's pauses
_SPREAD = 1.2  # seconds over which clicks that only a poll tells of are spread: the longest pause between two polls


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """How long it takes on the replica that took the click, on the other, and there with every NOTIFY lost."""
    one, other = ground.replicas
    contenders: dict[str, Callable[[], Awaitable[list[float]]]] = {
        "same": _turn(ground, clicked=one, heard=one, count=sizes.samples, pace=_PACE),
        "other": _turn(ground, clicked=one, heard=other, count=sizes.samples, pace=_PACE),
        "floor": partial(_reading, ground, one, sizes.samples),
    }
    told = await rounds.interleaved(sizes.rounds, contenders)
    await ground.mute()
    lost = _turn(ground, clicked=one, heard=other, count=sizes.samples, pace=2 * _SPREAD / sizes.samples)
    told |= await rounds.interleaved(sizes.rounds, {"lost": lost})
    floor = Floor(name="GET, not waiting", values=[percentile(took, 50) for took in told["floor"]])
    return [
        *_figures(told["same"], "the replica that was clicked", floor, Bar(limit=5, unit="ms"), None),
        *_figures(told["other"], "the other replica", floor, Bar(limit=25, unit="ms"), Bar(limit=250, unit="ms")),
        *_figures(told["lost"], "the other, every NOTIFY lost", floor, None, Bar(limit=2000, unit="ms")),
    ]


def _figures(turns: list[list[float]], where: str, floor: Floor, middle: Bar | None, end: Bar | None) -> list[Figure]:
    """The middle round by round; the end of all samples together, as one round has too few for it."""
    every = [took for turn in turns for took in turn]
    return [
        floor.figure(
            f"answer → waiting agent, {where}, p50", [percentile(turn, 50) for turn in turns], unit="ms", bar=middle
        ),
        Figure(what=f"the same, p99 of {len(every)}", value=Spread.of([percentile(every, 99)]), unit="ms", bar=end),
    ]


def _turn(
    ground: Ground, *, clicked: Child, heard: Child, count: int, pace: float
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        async with AsyncExitStack() as stack:
            clicks = await _open(stack, ground, clicked)
            made = await ground.place.pending(count)
            agents = [await _open(stack, ground, heard) for _ in made]
            waiting = [
                asyncio.create_task(_hear(agent, reading(ground, heard, question, wait=_WAIT)))
                for agent, question in zip(agents, made, strict=True)
            ]
            await asyncio.sleep(_STANDING)
            acked: list[float] = []
            for question in made:
                await asyncio.sleep(random.uniform(0, pace))  # noqa: S311  -- guards nothing
                await clicks.expect(ground.click(clicked, question))
                acked.append(time.perf_counter())
            heard_at = await asyncio.gather(*waiting)
        # A waiter may hear before the clicker does: both are told after the commit.
        return [max(0.001, (at - ack) * 1000) for at, ack in zip(heard_at, acked, strict=True)]

    return turn


async def _open(stack: AsyncExitStack, ground: Ground, child: Child) -> Wire:
    opened = await Wire.open(ground.url(child))
    stack.callback(opened.close)
    return opened


async def _hear(agent: Wire, request: bytes) -> float:
    """When the agent was told the answer."""
    told = await agent.expect(request)
    at = time.perf_counter()
    if b'"answered"' not in told:
        raise RuntimeError("an agent was told that there is no answer")
    return at


async def _reading(ground: Ground, child: Child, count: int) -> list[float]:
    """What any agent pays that reads a question once, without waiting."""
    made = await ground.place.pending(count)
    agent = await Wire.open(ground.url(child))
    try:
        return await rounds.each([partial(agent.expect, reading(ground, child, question)) for question in made])
    finally:
        agent.close()


def reading(ground: Ground, child: Child, question: UUID, *, wait: int = 0) -> bytes:
    """An agent's request for a question, that waits at most so many seconds for its end."""
    key = {"Authorization": f"Bearer {ground.place.key}"}
    url = f"{ground.url(child)}/v1/interactions/{ids.encode('int', question)}?wait={wait}"
    return wire.request("GET", url, headers=key)
