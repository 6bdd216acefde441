"""Give events their positions and deliveries, after their commit, and wake the streams and the deliveries loop."""

import asyncio

from bridge.agents.events import feed
from bridge.notifier import Notifier
from storage.pool import Database

AGAIN_SECONDS = 0.1  # before another look at what another replica, or a deletion, holds
COALESCE_SECONDS = 0.02  # one commit for all that happened meanwhile: each waits for the disk, as a click's does


async def step(db: Database, notifier: Notifier) -> int:
    """Number the events that are due; how many, or 1 when all that were due were left to another replica."""
    await asyncio.sleep(COALESCE_SECONDS)
    numbered = await feed.number(db, notifier)
    if numbered.passed_over and not numbered.counts:
        await asyncio.sleep(AGAIN_SECONDS)
    return sum(numbered.counts.values()) or int(numbered.passed_over)
