"""Click → ack of a click that opens a form, and submission → ack, each beside a plain click of the same round.

The replica has no token, so it calls no Slack: `views.open` follows the ack, and is not part of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from bench import rounds
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.interactions import COMMENTED, PLAIN
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_PAUSE = 0.005  # seconds


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The medians, compared with that of a plain click on a question that asks for no words."""
    replica = environment.replicas[0]
    contenders = {
        "plain": _turn(environment, replica, sizes.clicks, PLAIN, environment.click),
        "opening": _turn(environment, replica, sizes.clicks, COMMENTED, environment.opening),
        "submission": _turn(environment, replica, sizes.clicks, COMMENTED, environment.submission),
    }
    results = await rounds.interleaved(sizes.rounds, contenders)
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    plain = Floor(name="a plain click", values=middle["plain"])
    return [
        plain.figure("click that opens a form → ack, p50", middle["opening"], unit="ms", bar=Bar(limit=1.1)),
        plain.figure("submission → ack, p50", middle["submission"], unit="ms", bar=Bar(limit=1.5)),
    ]


def _turn(
    environment: Environment,
    child: Child,
    count: int,
    asked: Mapping[str, Any],
    request: Callable[[Child, UUID], bytes],
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        pending = await environment.database.pending(count + 1, asked)
        made = [request(child, interaction_id) for interaction_id in pending]
        wire = await Wire.open(environment.url(child))
        try:
            await _accepted(wire, made.pop())  # the first request on a connection is slower than the others
            return await rounds.each([partial(_accepted, wire, one) for one in made], pause=_PAUSE)
        finally:
            wire.close()

    return turn


async def _accepted(wire: Wire, request: bytes) -> None:
    """Send a request; raises RuntimeError if it is not accepted, as a form is by an empty body."""
    if body := await wire.expect(request):
        raise RuntimeError(f"the server did not accept the answer: {body[:300]!r}")
