"""A lease of a work item, with its history and event, against the barest lease of a row, in a large backlog."""

from collections.abc import Awaitable, Callable

from bench import rounds, work_items
from bench.environment import BenchDatabase, Environment
from bench.figures import Bar, Figure, Floor, percentile
from bench.sizes import Sizes
from bridge import ids
from storage import work_items as stored

_SECONDS = 900
_OWNER = "worker-1"


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """Leases one at a time, where half of the items wait for others and stand before all that are free."""
    async with environment.another_database("backlog", settled=sizes.few) as database:
        await work_items.filled(database, items=sizes.many, waiting=sizes.many // 2)
        results = await rounds.interleaved(
            sizes.rounds,
            {
                "ours": _turn(lambda: _lease(database), count=sizes.claims),
                "bare": _turn(lambda: _bare(database), count=sizes.claims),
            },
        )
    middle = {name: [percentile(took, 50) for took in turns] for name, turns in results.items()}
    return [
        Floor(name="bare SKIP LOCKED, same pool", values=middle["bare"]).figure(
            f"lease, {sizes.many // 2:,} of {sizes.many:,} items wait ahead, p50",
            middle["ours"],
            unit="ms",
            bar=Bar(limit=2),
        )
    ]


def _turn(lease: Callable[[], Awaitable[None]], *, count: int) -> Callable[[], Awaitable[list[float]]]:
    async def turn() -> list[float]:
        await lease()  # the first prepares the statement
        return await rounds.each([lease] * count)

    return turn


async def _lease(database: BenchDatabase) -> None:
    picked = await stored.lease(
        database.db,
        database.scope.organization_id,
        owner=_OWNER,
        seconds=_SECONDS,
        phase=None,
        by={"key": "bench"},
        expired_id=ids.new(),
        leased_id=ids.new(),
    )
    if picked is None or picked.attempts != 1:
        raise RuntimeError("a free item should have been leased")


async def _bare(database: BenchDatabase) -> None:
    if len(await database.db.fetch(work_items.BARE, database.scope.organization_id, _OWNER, float(_SECONDS))) != 1:
        raise RuntimeError("a free row should have been leased")
