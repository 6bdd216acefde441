"""Click → ack: HTTP, verification, Bolt and the claim, one click at a time, against Bolt apps that do nothing.

There is a pause between two clicks, as there is between clicks of people, so that the work after one ack does not slow
the next click. `rate` measures clicks without a pause, where it does.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from bench import rounds
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.measures.claim import update
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_PAUSE = 0.005  # seconds


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The median and the p99 of an ordinary click, compared with both floors."""
    children = {"ours": environment.replicas[0], "default": environment.default, "before": environment.before}
    contenders = {name: _clicks(environment, child, sizes.clicks) for name, child in children.items()}
    results = await rounds.interleaved(sizes.rounds, {**contenders, "update": _updates(environment, sizes.clicks)})
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    end = {name: [percentile(took, 99) for took in turns] for name, turns in results.items()}
    default = Floor(name="bare Bolt, default mode", values=middle["default"])
    before = Floor(name="bare Bolt, `process_before_response`", values=middle["before"])
    return [
        default.figure("click → ack, one at a time, p50", middle["ours"], unit="ms", bar=Bar(limit=0.5)),
        before.figure("the same", middle["ours"], unit="ms", bar=Bar(limit=3)),
        _both(middle["before"], middle["update"]).figure("the same", middle["ours"], unit="ms"),
        Floor(name=before.name, values=end["before"]).figure("the same, p99", end["ours"], unit="ms"),
    ]


def _both(bolt: list[float], update: list[float]) -> Floor:
    """The floor of a durable answer: Bolt receives the click, and one row is committed before the ack."""
    return Floor(name="that and the bare UPDATE", values=[sum(pair) for pair in zip(bolt, update, strict=True)])


def _updates(environment: Environment, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = await environment.database.pending(count)
        return await rounds.each(
            [partial(update, environment.database, interaction_id) for interaction_id in made], pause=_PAUSE
        )

    return turn


def _clicks(environment: Environment, child: Child, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = [
            environment.click(child, interaction_id) for interaction_id in await environment.database.pending(count + 1)
        ]
        wire = await Wire.open(environment.url(child))
        try:
            await wire.expect(made.pop())  # the first request on a connection is slower than the others
            return await rounds.each([partial(wire.expect, click) for click in made], pause=_PAUSE)
        finally:
            wire.close()

    return turn
