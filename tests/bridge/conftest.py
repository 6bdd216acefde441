"""Fixtures of the bridge's tests: a sandbox Slack, replicas, a delivery loop, and the log."""

import io
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from bridge import logs
from sandbox.slack.server import Sandbox
from storage.pool import Database
from tests.bridge import replica as replicas
from tests.bridge.loops import delivering
from tests.bridge.loops.delivering import Loop
from tests.bridge.replica import Replica
from tests.canaries import Canaries
from tests.storage import build


@pytest.fixture
async def slack(canaries: Canaries) -> AsyncIterator[Sandbox]:
    """A Slack without a posting limit: tests of our own pace look at the times of our calls."""
    async with Sandbox(posting_limit=False) as running:
        canaries.known.add(running.world.app.signing_secret)
        yield running


@pytest.fixture
async def replica(slack: Sandbox, dsn: str) -> AsyncIterator[Replica]:
    async with replicas.running(slack, dsn) as running:
        yield running


@pytest.fixture
async def second(replica: Replica, slack: Sandbox, dsn: str) -> AsyncIterator[Replica]:
    """Another replica of the same bridge."""
    async with replicas.running(slack, dsn, tenant=replica.tenant) as running:
        yield running


@pytest.fixture
async def loop(db: Database) -> AsyncIterator[Loop]:
    """The delivery loop of a replica with one tenant."""
    async with delivering.loop(db, await build.tenant(db)) as running:
        yield running


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of this process, as JSON lines."""
    root, ours, bolt = logging.getLogger(), logging.getLogger("askbridge"), logging.getLogger("slack_bolt")
    before = (root.handlers[:], root.level, ours.level, bolt.level)
    root.handlers = []
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    yield stream
    root.handlers, root.level, ours.level, bolt.level = before
