"""Agents and people lease work items over two replicas that are killed: each is had by one at a time, and done once.

`python -m tests.scenarios.work_races` does the same with many more.
"""

from pathlib import Path

import pytest

from tests.scenarios.work_races import running
from tests.scenarios.work_races.running import Plan

pytestmark = pytest.mark.processes


async def test_each_item_is_leased_by_one_at_a_time_and_done_once_while_replicas_are_killed(
    dsn: str, tmp_path: Path
) -> None:
    plan = Plan(workers=12, items=30, kill_seconds=1.5, ttl=2, limit=120)

    race, untrue = await running.run(plan, dsn, tmp_path)

    assert not untrue, untrue[:5]
    assert race.seen["moves: done"] == plan.items and race.seen["kills of replicas"], race.seen
    assert race.seen["moves: leased"] > race.seen["moves: done"] - race.seen["completed without a lease"], race.seen
    assert race.completed, "some were told that they completed an item"
