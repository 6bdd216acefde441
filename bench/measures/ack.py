"""Click → ack: HTTP, verification, Bolt and the claim, one click at a time, against Bolt apps that do nothing.

A moment lies between two clicks, as between those of people: what follows an ack is not to be paid by the next click
here. Where clicks come without a pause, in `rate`, it is.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from bench import rounds
from bench.environment import Ground
from bench.figures import Bar, Figure, Floor, percentile
from bench.measures.claim import update
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_PAUSE = 0.005  # seconds


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """The middle and the end of an ordinary click, in terms of both floors."""
    children = {"ours": ground.replicas[0], "default": ground.default, "before": ground.before}
    contenders = {name: _clicks(ground, child, sizes.clicks) for name, child in children.items()}
    given = await rounds.interleaved(sizes.rounds, {**contenders, "update": _updates(ground, sizes.clicks)})
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in given.items()}
    end = {name: [percentile(took, 99) for took in turns] for name, turns in given.items()}
    default = Floor(name="bare Bolt, default mode", values=middle["default"])
    before = Floor(name="bare Bolt, `process_before_response`", values=middle["before"])
    return [
        default.figure("click → ack, one at a time, p50", middle["ours"], unit="ms", bar=Bar(limit=0.5)),
        before.figure("the same", middle["ours"], unit="ms", bar=Bar(limit=3)),
        _both(middle["before"], middle["update"]).figure("the same", middle["ours"], unit="ms"),
        Floor(name=before.name, values=end["before"]).figure("the same, p99", end["ours"], unit="ms"),
    ]


def _both(bolt: list[float], update: list[float]) -> Floor:
    """The least for whoever does not forget: hear of the click, and commit one row before the ack."""
    return Floor(name="that and the bare UPDATE", values=[sum(pair) for pair in zip(bolt, update, strict=True)])


def _updates(ground: Ground, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = await ground.place.pending(count)
        return await rounds.each([partial(update, ground.place, question) for question in made], pause=_PAUSE)

    return turn


def _clicks(ground: Ground, child: Child, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        made = [ground.click(child, question) for question in await ground.place.pending(count + 1)]
        wire = await Wire.open(ground.url(child))
        try:
            await wire.expect(made.pop())  # the first one on a connection is not like the others
            return await rounds.each([partial(wire.expect, click) for click in made], pause=_PAUSE)
        finally:
            wire.close()

    return turn
