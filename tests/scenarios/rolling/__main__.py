"""Counts the clicks and the agents' requests that a rolling restart loses behind nginx and HAProxy.

    python -m tests.scenarios.rolling [--restarts 8] [--stock] [--drain 8] [--overlapping] [--hang 10]

Two replicas run as processes, with each balancer in front of them in the configuration of docs/operations.md, or, with
--stock, as its package configures it. Through each, people click and agents ask and wait (`wait=60`, twenty at once)
while the replicas are restarted. Exit status 1 when a click got no 200 within 3 s, or a request of an agent got no
answer however often it was repeated. Needs `nginx` and `haproxy`.
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
from tests.scenarios.rolling import balancers, trial
from tests.scenarios.rolling.load import Load
from tests.scenarios.rolling.trial import Plan


@click.command()
@click.option("--restarts", default=8, show_default=True, help="How many restarts, of one replica after the other.")
@click.option(
    "--apart", default=4.0, show_default=True, help="Seconds from a replica that is ready to the next SIGTERM."
)
@click.option("--overlapping", is_flag=True, help="Count them from SIGTERM to SIGTERM: both replicas drain at a time.")
@click.option("--drain", default=8, show_default=True, help="ASKBRIDGE_DRAIN_SECONDS.")
@click.option("--stock", is_flag=True, help="The balancers as their packages configure them.")
@click.option("--hang", default=0.0, show_default=True, help="Seconds for which one replica does not run, at first.")
@click.option("--rest", default=0.0, show_default=True, help="Seconds of load after the last restart.")
@click.option("--clicks", default=40.0, show_default=True, help="Clicks a second through each balancer.")
def main(
    *, restarts: int, apart: float, overlapping: bool, drain: int, stock: bool, hang: float, rest: float, clicks: float
) -> None:
    """Restart under load, print what was counted, and exit with 1 when something was lost."""
    blocks = {name: balancers.STOCK[name] if stock else balancers.recommended(name) for name in balancers.NAMES}
    if not stock:
        blocks["nginx kept alive"] = balancers.kept_alive(blocks["nginx"])
    plan = Plan(
        blocks=blocks,
        settings={"ASKBRIDGE_DRAIN_SECONDS": str(drain)},
        restarts=restarts,
        apart=apart,
        hang=hang,
        overlapping=overlapping,
        clicks_per_second=clicks,
        rest=rest,
    )
    loads = asyncio.run(_run(plan))
    for name, load in loads.items():
        click.echo(f"{name}: {told(load)}")
    sys.exit(any(load.lost or load.unanswered for load in loads.values()))


async def _run(plan: Plan) -> dict[str, Load]:
    with (
        tempfile.TemporaryDirectory(prefix="askbridge-test-") as name,
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed")) as cluster,
    ):
        await migrate.migrate(cluster.dsn)
        return await trial.run(plan, cluster.dsn, Path(name))


def told(load: Load) -> str:
    """The figures of one balancer."""
    return (
        f"{load.clicks.total()} clicks, {load.lost} lost {dict(load.clicks)}, the slowest {load.longest:.2f} s; "
        f"agents' requests {dict(load.agents)}, {load.unanswered} without an answer"
    )


if __name__ == "__main__":
    main()
