"""Write down what agents were told, in batches, after they were told it: no answer waits for this, and none fails."""

import asyncio

from bridge.wake import Wake
from storage import receipts
from storage.pool import Database

BATCH = 500
COALESCE_SECONDS = 0.1  # one statement for all that were told meanwhile


async def step(db: Database, wake: Wake) -> int:
    """Remember up to BATCH ends as heard; how many those were. What could not be written is tried again."""
    if not wake.has_heard:
        return 0
    await asyncio.sleep(COALESCE_SECONDS)
    return await write(db, wake)


async def write(db: Database, wake: Wake) -> int:
    """The same at once."""
    told = wake.take_heard(BATCH)
    left = told
    try:
        left = await receipts.acknowledge(db, told) if told else []
    finally:
        for organization_id, interaction_id in left:
            wake.agent_heard(organization_id, interaction_id)
    return len(told)
