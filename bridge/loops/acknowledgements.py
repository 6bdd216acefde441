"""Write down what agents were told, in batches, after they were told it: no answer waits for this, and none fails."""

import asyncio

from bridge.notifier import Notifier
from storage import receipts
from storage.pool import Database

BATCH = 500
COALESCE_SECONDS = 0.1  # one statement for all that were told meanwhile


async def step(db: Database, notifier: Notifier) -> int:
    """Remember up to BATCH ends as heard; how many those were. What could not be written is tried again."""
    if not notifier.has_acknowledged:
        return 0
    await asyncio.sleep(COALESCE_SECONDS)
    return await write(db, notifier)


async def write(db: Database, notifier: Notifier) -> int:
    """The same at once."""
    told = notifier.take_acknowledged(BATCH)
    left = told
    try:
        left = await receipts.heard(db, told) if told else []
    finally:
        for organization_id, interaction_id in left:
            notifier.acknowledge(organization_id, interaction_id)
    return len(told)
