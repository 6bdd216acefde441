"""Fixtures of the tests of the agents' API."""

from collections.abc import AsyncIterator

import pytest

from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.storage import build


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    """One replica with one tenant."""
    async with doors.door(db, await build.tenant(db)) as opened:
        yield opened
