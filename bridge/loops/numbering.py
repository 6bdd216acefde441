"""Give events their places in their feeds, after their commit, and wake the streams that follow these."""

import asyncio

from bridge.wake import Wake
from storage import events
from storage.pool import Database

COALESCE_SECONDS = 0.02  # one commit for all that happened meanwhile: each waits for the disk, as a click's does


async def step(db: Database, wake: Wake) -> int:
    """Number up to a batch of events; how many, or 1 when some were left to whoever was numbering at this moment."""
    await asyncio.sleep(COALESCE_SECONDS)
    numbered = await events.number(db)
    for organization_id in numbered.counts:
        wake.grown(organization_id)
    return sum(numbered.counts.values()) or int(numbered.passed_over)
