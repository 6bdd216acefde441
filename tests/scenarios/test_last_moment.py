"""A question ends in one way for every agent, also in the last milliseconds before its deadline."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.scenarios.last_moment import __main__ as program
from tests.scenarios.last_moment.races import Races
from tests.scenarios.trials import rig
from tests.scenarios.trials.rig import Rig

pytestmark = pytest.mark.processes


@pytest_asyncio.fixture
async def replicas(dsn: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig.running(dsn, tmp_path, settings=program.SETTINGS) as running:
        await running.add(rig.THIS, number=2)
        yield running


async def test_no_agent_is_told_two_ends_of_a_question_or_a_receipt_before_its_answer(replicas: Rig) -> None:
    """With commits held past the deadline: where ends are computed, nearly every act in time is contradicted."""
    async with asyncpg.create_pool(replicas.dsn, min_size=1, max_size=10) as db:
        races = Races(replicas, db, held=0.3)
        await races.run(24, at_once=12)

    assert sum(ended.total() for ended in races.ended.values()) >= 20
    assert races.ledger.contradictions() == {}
    assert [feed.early for feed in races.feeds] == [[]] * 4
