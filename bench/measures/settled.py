"""Whether settled rows slow the claim: very many of them against few, in two databases of one server."""

from collections.abc import Awaitable, Callable
from functools import partial

from bench import rounds
from bench.environment import BenchDatabase, Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.measures.claim import claim
from bench.sizes import Sizes


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """The same claims in a database with many settled rows and in one with few."""
    async with (
        environment.another_database("few", settled=sizes.few) as few,
        environment.another_database("many", settled=sizes.many) as many,
    ):
        results = await rounds.interleaved(
            sizes.rounds, {"many": _turn(many, sizes.settled_claims), "few": _turn(few, sizes.settled_claims)}
        )
    return [
        Floor(name=f"beside {sizes.few:,}", values=[percentile(took, percent) for took in results["few"]]).figure(
            f"claim beside {sizes.many:,} settled rows, p{percent}",
            [percentile(took, percent) for took in results["many"]],
            unit="ms",
            bar=bar,
        )
        for percent, bar in ((50, None), (99, Bar(limit=1.3)))
    ]


def _turn(database: BenchDatabase, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        warm, made = await database.pending(10), await database.pending(count)
        await rounds.each([partial(claim, database, interaction_id) for interaction_id in warm])
        return await rounds.each([partial(claim, database, interaction_id) for interaction_id in made])

    return turn
