"""Click → ack of a click that opens a form, and submission → ack, each beside a plain click of the same round.

The replica has no token, so it calls no Slack: `views.open` follows the ack, and is not part of it. The form with 20
fields has two pages: the one that decides is measured, with which what was entered on the other one is read. Its
question was not opened on the replica, so the question is read too.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from bench import rounds
from bench.environment import Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.interactions import COMMENTED, PLAIN
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_PAUSE = 0.005  # seconds

_Asking: TypeAlias = Callable[[int], Awaitable[list[UUID]]]


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The medians, compared with that of a plain click on a question that asks for no words."""
    replica, commented = environment.replicas[0], _asking(environment, COMMENTED)
    contenders = {
        "plain": _turn(environment, replica, sizes.clicks, _asking(environment, PLAIN), environment.click),
        "opening": _turn(environment, replica, sizes.clicks, commented, environment.opening),
        "submission": _turn(environment, replica, sizes.clicks, commented, environment.submission),
        "20 fields": _turn(environment, replica, sizes.clicks, environment.database.paged, environment.last_page),
    }
    results = await rounds.interleaved(sizes.rounds, contenders)
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    plain = Floor(name="a plain click", values=middle["plain"])
    return [
        plain.figure("click that opens a form → ack, p50", middle["opening"], unit="ms", bar=Bar(limit=1.1)),
        plain.figure("submission → ack, p50", middle["submission"], unit="ms", bar=Bar(limit=1.5)),
        plain.figure("submission with 20 fields → ack, p50", middle["20 fields"], unit="ms", bar=Bar(limit=1.6)),
    ]


def _asking(environment: Environment, asked: Mapping[str, Any]) -> _Asking:
    return partial(environment.database.pending, asked=asked)


def _turn(
    environment: Environment,
    child: Child,
    count: int,
    asking: _Asking,
    request: Callable[[Child, UUID], bytes],
) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        pending = await asking(count + 1)
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
