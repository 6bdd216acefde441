"""Races for recoveries, incidents and fixes over two replicas, some of which are killed.

    python -m tests.scenarios.thing_races --rounds 1000 [--only deduped]

Exit status 1 at the first round that breaks a promise.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final, Protocol

import asyncpg
import click

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate, pool
from storage.pool import Database
from tests.conftest import reachable
from tests.scenarios.thing_races import deduped, fixes, killed, recoveries, updates
from tests.scenarios.thing_races.racing import Races


class Race(Protocol):
    """A race of so many rounds over the pools of two replicas, with random numbers from a seed on."""

    def __call__(self, db: Database, other: Database, *, rounds: int, seed: int) -> Awaitable[Races]: ...


RACES: Final[Mapping[str, Callable[[str], Race]]] = MappingProxyType(
    {
        "reports_and_ends": lambda _: recoveries.reports_and_ends,
        "escalations": lambda _: recoveries.escalations,
        "blocked": lambda _: recoveries.blocked,
        "blocking_each_other": lambda _: recoveries.blocking_each_other,
        "killed": lambda dsn: lambda db, _, *, rounds, seed: killed.killed(dsn, db, rounds=max(1, rounds // 40)),
        "deduped": lambda _: deduped.alerts,
        "proposals": lambda _: fixes.proposals,
        "reminders": lambda _: fixes.reminders,
        "updates": lambda dsn: lambda _, __, *, rounds, seed: _updates(dsn, rounds=max(1, rounds // 50), seed=seed),
    }
)
"""Each race on a database with this address."""


async def _updates(dsn: str, *, rounds: int, seed: int) -> Races:
    async with updates.two(dsn) as replicas:
        return await updates.race(replicas, updates.by_loops, rounds=rounds, seed=seed, pause=1.0)


@contextlib.asynccontextmanager
async def _migrated(dsn: str) -> AsyncIterator[tuple[Database, Database]]:
    """The pools of two replicas on this database, which is migrated; no deadlock may occur in it."""
    await migrate.migrate(dsn)
    async with pool.connect(dsn, name="one", size=10) as db, pool.connect(dsn, name="other", size=10) as other:
        yield db, other
        (row,) = await db.fetch("select deadlocks from pg_stat_database where datname = current_database()")
        assert not row["deadlocks"], f"{row['deadlocks']} deadlocks"


@click.command()
@click.option("--rounds", default=1_000, show_default=True, help="How many rounds of each race; of some fewer.")
@click.option("--seed", default=7, show_default=True, help="Where the random numbers begin.")
@click.option("--only", multiple=True, type=click.Choice(list(RACES)), help="Only this race; may be repeated.")
@click.option("--clicker", hidden=True, help="Decide clicks in this database, as a process to be killed.")
def main(*, rounds: int, seed: int, only: tuple[str, ...], clicker: str | None) -> None:
    """Race, and print how often each race ended how."""
    if clicker:
        asyncio.run(killed.clicker(clicker))
        return
    with (
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed"), log=folder / "log") as cluster,
    ):
        sys.exit(asyncio.run(_run(cluster.dsn, rounds, seed, only or RACES)))


async def _run(dsn: str, rounds: int, seed: int, names: Collection[str]) -> int:
    try:
        async with _migrated(dsn) as (db, other):
            if "reports_and_ends" in names:
                await recoveries.many_reports(db, other)
                click.echo("200 concurrent reports of one source: one recovery, attempt_count 200, one card")
            for name in names:
                _tell(name, await RACES[name](dsn)(db, other, rounds=rounds, seed=seed))
    except (AssertionError, asyncpg.PostgresError) as broken:
        click.echo(f"broken: {broken}")
        return 1
    return 0


def _tell(race: str, seen: Races) -> None:
    click.echo(f"{race}: " + "; ".join(f"{number:,} {how}" for how, number in sorted(seen.items())))


if __name__ == "__main__":
    main()
