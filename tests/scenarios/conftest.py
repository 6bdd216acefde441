"""One house for all the tests that leave it as they found it: starting one costs more than most of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scenarios import house
from tests.scenarios.house import House


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Two replicas for whoever asks their own questions, looks only at these, and ends or breaks nothing else.

    A test that uses it runs on the session's loop: `pytest.mark.asyncio(loop_scope="session")`.
    """
    async with house.running(tmp_path_factory.mktemp("shared")) as running:
        yield running
