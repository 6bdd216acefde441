"""Counts how often an agent reads one end of an interaction and then another, when it ends at its deadline.

    python -m tests.scenarios.last_moment --races 2000 [--held 0.7]

Two replicas run as processes on a PostgreSQL with fsync. Each interaction is opened through the API, its deadline is
moved to shortly ahead, and it ends or is first posted in the last milliseconds, while four readers read it in every
way there is. With --held the winner's commit takes so many seconds, so that its row is locked and its end invisible
when the deadline passes. Exit status 1 when an agent read two ends, or a receipt before its answer.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import asyncpg
import click

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate
from tests.conftest import reachable
from tests.scenarios.last_moment.races import Races
from tests.scenarios.trials import rig

SETTINGS = {"ASKBRIDGE_DATABASE_CONNECTIONS": "40", "ASKBRIDGE_CLAIM_CONNECTIONS": "20"}
SHOWN = 5  # contradictions that are printed whole


@click.command()
@click.option("--races", default=2000, show_default=True, help="How many races.")
@click.option("--held", default=0.0, show_default=True, help="Seconds for which each winner's commit is held.")
@click.option("--at-once", default=12, show_default=True, help="Races at a time; more make each of them less exact.")
def main(*, races: int, held: float, at_once: int) -> None:
    """Race, print what was found, and exit with 1 when an agent was told two ends."""
    sys.exit(asyncio.run(_run(races, held, at_once)))


async def _run(number: int, held: float, at_once: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="askbridge-test-") as name,
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed")) as cluster,
    ):
        await migrate.migrate(cluster.dsn)
        async with (
            rig.running(cluster.dsn, Path(name), settings=SETTINGS) as running,
            asyncpg.create_pool(cluster.dsn, min_size=1, max_size=10) as db,
        ):
            await running.add(rig.THIS, number=2)
            races = Races(running, db, held=held)
            await races.run(number, at_once=at_once)
    return _tell(races)


def _tell(races: Races) -> int:
    found = races.ledger.contradictions()
    for kind, ended in races.ended.items():
        each = ", ".join(f"{number} {how}" for how, number in ended.most_common())
        contradicted = sum(races.kinds.get(id) == kind for id in found)
        click.echo(f"{kind:10} {ended.total():5}: {each}; {contradicted} told two ends")
    readings = races.ledger.readings
    ways = ", ".join(f"{number} {way}" for way, number in readings.most_common())
    click.echo(f"{readings.total()} readings: {ways}")
    if races.statuses:
        click.echo("not told: " + ", ".join(f"{number} × {how}" for how, number in races.statuses.most_common()))
    unavailable = sum(number for how, number in races.statuses.items() if how.endswith(" 503"))
    early = len({id for feed in races.feeds for id in feed.early})
    for id, entry in list(found.items())[:SHOWN]:
        click.echo(f"  {id}")
        for end, where in entry.ends.items():
            click.echo(f"    {where}: {', '.join(str(value) for value in vars(end).values() if value is not None)}")
        if entry.pending_began > entry.final_read:
            click.echo(f"    pending, asked {(entry.pending_began - entry.final_read) * 1000:.1f} ms after an end")
    raced = sum(ended.total() for ended in races.ended.values())
    click.echo(f"{raced} races, {readings.total()} readings, {unavailable} × 503 unavailable")
    click.echo(f"contradictions: {len(found)}; questions with a receipt told before the answer: {early}")
    return int(bool(found or early))


if __name__ == "__main__":
    main()
