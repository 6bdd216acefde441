"""Whether the claim grows slower with the past: very many settled rows against few, in two databases of one server."""

from collections.abc import Awaitable, Callable
from functools import partial

from bench import rounds
from bench.environment import Ground, Place
from bench.figures import Bar, Figure, Floor, percentile
from bench.measures.claim import claim
from bench.sizes import Sizes


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """The same claims beside a long past and a short one."""
    async with (
        ground.elsewhere("few", settled=sizes.few) as few,
        ground.elsewhere("many", settled=sizes.many) as many,
    ):
        given = await rounds.interleaved(
            sizes.rounds, {"many": _turn(many, sizes.settled_claims), "few": _turn(few, sizes.settled_claims)}
        )
    return [
        Floor(name=f"beside {sizes.few:,}", values=[percentile(took, percent) for took in given["few"]]).figure(
            f"claim beside {sizes.many:,} settled rows, p{percent}",
            [percentile(took, percent) for took in given["many"]],
            unit="ms",
            bar=bar,
        )
        for percent, bar in ((50, None), (99, Bar(limit=1.3)))
    ]


def _turn(place: Place, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        warm, made = await place.pending(10), await place.pending(count)
        await rounds.each([partial(claim, place, question) for question in warm])
        return await rounds.each([partial(claim, place, question) for question in made])

    return turn
