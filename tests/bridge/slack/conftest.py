"""A question, and its posted card."""

import pytest

from storage.model import Handle, Interaction
from tests.bridge.replica import Replica
from tests.storage import build


@pytest.fixture
async def question(replica: Replica) -> Interaction:
    return await build.question(replica.db, replica.tenant)


@pytest.fixture
async def handle(replica: Replica, question: Interaction) -> Handle:
    return await replica.show(question)
