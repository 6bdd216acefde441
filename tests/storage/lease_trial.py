"""`python -m tests.storage.lease_trial`: how long a lease of a work item takes among many, beside the barest one.

The bare lease is one UPDATE of the first row of the backlog that is not locked: it writes no history and no event. Half
of the rows wait for others and stand before the free ones. Rounds of both take turns on the same connection of a server
that writes through to its disk.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from asyncpg.pool import PoolConnectionProxy

from bench import work_items as backlog
from bench.environment import BenchDatabase
from bridge import ids
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate, pool, work_items
from tests.conftest import reachable
from tests.storage import build


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The times of leases, in milliseconds."""

    ours: list[float]
    bare: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long as the bare one our lease takes, by the medians."""
        return statistics.median(self.ours) / statistics.median(self.bare)


async def measure(dsn: str, *, items: int, waiting: int, rounds: int, leases: int) -> Measured:
    """Fill an empty database, and lease so many items in each round of each kind."""
    await migrate.migrate(dsn)
    async with pool.connect(dsn, name="trial", size=2) as db:
        tenant = await build.tenant(db)
        database = BenchDatabase(dsn=dsn, db=db, scope=tenant.scope, key_id=tenant.key_id, key=tenant.secret)
        await backlog.filled(database, items=items, waiting=waiting)
        ours, bare = list[float](), list[float]()
        async with db.acquire() as connection:
            for number in range(rounds + 1):
                of_ours = await _timed(leases, lambda: _ours(connection, tenant))
                of_bare = await _timed(leases, lambda: _bare(connection, tenant))
                if number:  # the first prepares the statements
                    ours += of_ours
                    bare += of_bare
    return Measured(ours=ours, bare=bare)


async def _ours(connection: PoolConnectionProxy, tenant: build.Tenant) -> None:
    picked = await work_items.lease(
        connection,
        tenant.scope.organization_id,
        owner="worker",
        seconds=900,
        phase=None,
        by={"key": "deploy-bot"},
        expired_id=ids.new(),
        leased_id=ids.new(),
    )
    assert picked is not None and picked.attempts == 1


async def _bare(connection: PoolConnectionProxy, tenant: build.Tenant) -> None:
    leased = await connection.fetch(backlog.BARE, tenant.scope.organization_id, "worker", 900.0)
    assert len(leased) == 1


async def _timed(number: int, call: Callable[[], Awaitable[object]]) -> list[float]:
    times = []
    for _ in range(number):
        start = time.perf_counter()
        await call()
        times.append((time.perf_counter() - start) * 1000)
    return times


def main() -> None:
    """Print the medians of both, and how many times as long ours takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--leases", type=int, default=100, help="of each kind in a round")
    given = parser.parse_args()
    with reachable() as folder, Cluster(folder / "data", programs=find_programs(prefer="installed")) as cluster:
        measured = asyncio.run(measure(cluster.dsn, **vars(given)))
    for name, times in (("ours", measured.ours), ("bare", measured.bare)):
        low, high = statistics.median(times), statistics.quantiles(times, n=100)[-1]
        print(f"{name}: p50 {low:.2f} ms, p99 {high:.2f} ms of {len(times)} leases")  # noqa: T201  -- what this command does
    print(f"p50 of ours is {measured.ratio:.2f} times that of the bare lease")  # noqa: T201


if __name__ == "__main__":
    main()
