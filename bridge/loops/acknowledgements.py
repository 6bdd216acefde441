"""Store, in batches, which ends of interactions agents have got: no response to an agent waits for this."""

import asyncio

from bridge.notifier import Notifier
from storage import receipts
from storage.pool import Database

BATCH = 500
COALESCE_SECONDS = 0.1  # one statement for all acknowledgements of this time


async def step(db: Database, notifier: Notifier) -> int:
    """Wait COALESCE_SECONDS, then store up to BATCH acknowledgements. Returns how many; failed ones are tried again."""
    if not notifier.has_acknowledged:
        return 0
    await asyncio.sleep(COALESCE_SECONDS)
    return await write(db, notifier)


async def write(db: Database, notifier: Notifier) -> int:
    """Store up to BATCH acknowledgements at once, as `step` does without its wait."""
    acknowledged = notifier.take_acknowledged(BATCH)
    left = acknowledged
    try:
        left = await receipts.acknowledge(db, acknowledged) if acknowledged else []
    finally:
        for organization_id, interaction_id in left:
            notifier.acknowledge(organization_id, interaction_id)
    return len(acknowledged)
