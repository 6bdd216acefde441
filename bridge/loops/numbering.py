"""Number committed events in their feeds, create their deliveries, and wake the streams and the deliveries loop."""

import asyncio

from bridge.agents.events import feed
from bridge.notifier import Notifier
from storage.pool import Database

AGAIN_SECONDS = 0.1  # before the next pass for events that another replica or a deletion has locked
COALESCE_SECONDS = 0.02  # one commit for all events of this time: a commit waits for the disk, as a click's does


async def step(db: Database, notifier: Notifier) -> int:
    """Number the events that are due. Returns how many; 1 if all of them were locked by another replica."""
    await asyncio.sleep(COALESCE_SECONDS)
    numbered = await feed.number(db, notifier)
    if numbered.passed_over and not numbered.counts:
        await asyncio.sleep(AGAIN_SECONDS)
    return sum(numbered.counts.values()) or int(numbered.passed_over)
