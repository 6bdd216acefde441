"""Races for work items over two replicas that are killed meanwhile; see `running`.

    python -m tests.scenarios.work_races --workers 64 --items 1000

Exit status 1 unless each item was leased once at a time and done once, nothing is stuck, and all counts are true.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import migrate
from tests.conftest import reachable
from tests.scenarios.work_races import running
from tests.scenarios.work_races.running import Plan

_SHOWN = 20


@click.command()
@click.option("--workers", default=64, show_default=True, help="How many lease; a quarter of them are people.")
@click.option("--items", default=1_000, show_default=True, help="How many items there are.")
@click.option("--seed", default=7, show_default=True, help="Where the random numbers begin.")
@click.option("--kill-seconds", default=3.0, show_default=True, help="How long from one kill to the next.")
@click.option("--limit", default=600.0, show_default=True, help="Seconds until all must be done.")
def main(**given: float) -> None:
    """Race, print what was seen, and exit with 1 if anything is untrue."""
    plan = Plan(**given)  # type: ignore[arg-type]  # the options are its fields
    with (
        tempfile.TemporaryDirectory(prefix="askbridge-test-") as name,
        reachable() as folder,
        Cluster(
            folder / "data", programs=find_programs(prefer="installed"), log=Path(name) / "postgres.log"
        ) as cluster,
    ):
        sys.exit(asyncio.run(_run(plan, cluster.dsn, Path(name))))


async def _run(plan: Plan, dsn: str, folder: Path) -> int:
    await migrate.migrate(dsn)
    race, untrue = await running.run(plan, dsn, folder)
    for what, number in sorted(race.seen.items()):
        click.echo(f"{number:7,} {what}")
    click.echo(f"{len(untrue):7,} contradictions, which must be 0")
    for each in untrue[:_SHOWN]:
        click.echo(f"        {each[:600]}")
    return int(bool(untrue))


if __name__ == "__main__":
    main()
