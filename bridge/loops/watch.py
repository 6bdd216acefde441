"""Let waiting requests hear of what another replica ended, whatever became of its notice: one look for all of them."""

from bridge.notifier import Wake
from storage import interactions
from storage.pool import Database


async def step(db: Database, wake: Wake) -> int:
    """Look once for every question that a request waits for; always 0, because looking again at once finds no more."""
    if watched := wake.watched():
        for organization_id, interaction_id in await interactions.ended(db, watched):
            wake.heard(organization_id, interaction_id)
    return 0
