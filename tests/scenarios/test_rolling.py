"""A deploy behind nginx and HAProxy, configured as docs/operations.md recommends, loses no click.

`python -m tests.scenarios.rolling` does the same for longer, with the default drain, and with other configurations.
"""

from pathlib import Path

import pytest

from tests.draining import DRAIN
from tests.scenarios.rolling import balancers, trial
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
