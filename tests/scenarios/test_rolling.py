"""A deploy, or a replica that hangs, behind nginx and HAProxy as docs/operations.md configures them, loses no click.

`python -m tests.scenarios.rolling` does the same for longer, with the default drain, and with other configurations.
"""

from pathlib import Path

import pytest

from tests.draining import DRAIN
from tests.scenarios.rolling import balancers, trial
from tests.scenarios.rolling.load import SLACK_SECONDS
from tests.scenarios.rolling.trial import Plan
from tests.waiting import PATIENCE

pytestmark = pytest.mark.processes


async def test_replicas_restarted_one_after_the_other_lose_no_click_and_leave_every_agent_an_answer(
    dsn: str, tmp_path: Path
) -> None:
    plan = Plan(
        blocks={name: balancers.recommended(name) for name in balancers.NAMES},
        settings={DRAIN: "3"},
        restarts=2,
        apart=1.0,
        clicks_per_second=10.0,
        patience=PATIENCE,
    )

    loads = await trial.run(plan, dsn, tmp_path)

    for name, load in loads.items():
        assert (load.lost, load.unanswered) == (0, 0), (name, load.clicks, load.agents)
        assert load.clicks["200"] > 50 and load.agents["201"] > 1, (name, load.clicks, load.agents)
    for number in range(2):
        text = (tmp_path / f"this-{number}.log").read_text()
        assert text.count("port_closed") == 2 and text.count("replica_started") == 2, "restarted once, and ended"


async def test_a_replica_that_hangs_loses_no_click(dsn: str, tmp_path: Path) -> None:
    """The load balancer gives up on it soon enough that another replica answers within Slack's three seconds."""
    plan = Plan(
        blocks={name: balancers.recommended(name) for name in balancers.NAMES},
        settings={},
        restarts=0,
        apart=0.0,
        hang=4.0,
        clicks_per_second=5.0,
        waits=0,
        rest=1.0,
        patience=PATIENCE,
    )

    loads = await trial.run(plan, dsn, tmp_path)

    for name, load in loads.items():
        assert load.lost == 0 and load.clicks["200"] > 20, (name, load.clicks)
        assert load.longest < SLACK_SECONDS, (name, load.longest)
    assert max(load.longest for load in loads.values()) > 1, "a click went to the replica that hangs, and from there on"
