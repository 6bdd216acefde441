"""Answer → waiting agent: from the ack of a click to the end of a request that waits for it, between real processes."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

from bench import rounds, wire
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor, Spread, percentile
from bench.sizes import Sizes
from bench.wire import Wire
from bridge import ids
from sandbox.children import Child

_WAIT = 30
_SETTLE = 0.2  # seconds until every request certainly waits; a request that arrived later would be answered at once
_PACE = 0.05  # seconds; the longest random pause before a click, so that clicks spread over the other replica's pauses
_SPREAD = 1.2  # seconds over which clicks are spread that only polling finds: the longest pause between two polls


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The latency on the replica that took the click, on the other replica, and there with every NOTIFY lost."""
    one, other = environment.replicas
    contenders: dict[str, Callable[[], Awaitable[list[float]]]] = {
        "same": _turn(environment, clicked=one, waited_on=one, count=sizes.samples, pace=_PACE),
        "other": _turn(environment, clicked=one, waited_on=other, count=sizes.samples, pace=_PACE),
        "floor": partial(_reading, environment, one, sizes.samples),
    }
    turns = await rounds.interleaved(sizes.rounds, contenders)
    await environment.drop_notifications()
    lost = _turn(environment, clicked=one, waited_on=other, count=sizes.samples, pace=2 * _SPREAD / sizes.samples)
    turns |= await rounds.interleaved(sizes.rounds, {"lost": lost})
    floor = Floor(name="GET, not waiting", values=[percentile(took, 50) for took in turns["floor"]])
    return [
        *_figures(turns["same"], "the replica that was clicked", floor, Bar(limit=5, unit="ms"), None),
        *_figures(turns["other"], "the other replica", floor, Bar(limit=25, unit="ms"), Bar(limit=250, unit="ms")),
        *_figures(turns["lost"], "the other, every NOTIFY lost", floor, None, Bar(limit=2000, unit="ms")),
    ]


def _figures(turns: list[list[float]], where: str, floor: Floor, middle: Bar | None, end: Bar | None) -> list[Figure]:
    """The median of each round, and the p99 of all samples together, since one round has too few samples for a p99."""
    every = [took for turn in turns for took in turn]
    return [
        floor.figure(
            f"answer → waiting agent, {where}, p50", [percentile(turn, 50) for turn in turns], unit="ms", bar=middle
        ),
        Figure(what=f"the same, p99 of {len(every)}", value=Spread.of([percentile(every, 99)]), unit="ms", bar=end),
    ]


def _turn(
    environment: Environment, *, clicked: Child, waited_on: Child, count: int, pace: float
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        async with AsyncExitStack() as stack:
            clicks = await _open(stack, environment, clicked)
            made = await environment.database.pending(count)
            agents = [await _open(stack, environment, waited_on) for _ in made]
            waiting = [
                asyncio.create_task(_answered_at(agent, reading(environment, waited_on, interaction_id, wait=_WAIT)))
                for agent, interaction_id in zip(agents, made, strict=True)
            ]
            await asyncio.sleep(_SETTLE)
            acked: list[float] = []
            for interaction_id in made:
                await asyncio.sleep(random.uniform(0, pace))  # noqa: S311  -- guards nothing
                await clicks.expect(environment.click(clicked, interaction_id))
                acked.append(time.perf_counter())
            answered = await asyncio.gather(*waiting)
        # The agent's response may come before the ack of the click: both are sent after the commit.
        return [max(0.001, (at - ack) * 1000) for at, ack in zip(answered, acked, strict=True)]

    return turn


async def _open(stack: AsyncExitStack, environment: Environment, child: Child) -> Wire:
    opened = await Wire.open(environment.url(child))
    stack.callback(opened.close)
    return opened


async def _answered_at(agent: Wire, request: bytes) -> float:
    """Send the request, and return when the response with the answer arrived."""
    response = await agent.expect(request)
    at = time.perf_counter()
    if b'"answered"' not in response:
        raise RuntimeError("an agent got a response without an answer")
    return at


async def _reading(environment: Environment, child: Child, count: int) -> list[float]:
    """How long an agent's GET of an interaction takes that does not wait, in milliseconds each."""
    made = await environment.database.pending(count)
    agent = await Wire.open(environment.url(child))
    try:
        return await rounds.each(
            [partial(agent.expect, reading(environment, child, interaction_id)) for interaction_id in made]
        )
    finally:
        agent.close()


def reading(environment: Environment, child: Child, interaction_id: UUID, *, wait: int = 0) -> bytes:
    """The bytes of an agent's GET of an interaction, which waits up to `wait` seconds for its end."""
    key = {"Authorization": f"Bearer {environment.database.key}"}
    url = f"{environment.url(child)}/v1/interactions/{ids.encode('int', interaction_id)}?wait={wait}"
    return wire.request("GET", url, headers=key)
