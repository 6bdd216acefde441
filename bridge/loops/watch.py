"""Let waiting requests hear of what another replica ended, whatever became of its notice: one look for all of them."""

from bridge.notifier import Notifier
from storage import interactions
from storage.pool import Database


async def step(db: Database, notifier: Notifier) -> int:
    """Look once for every question that a request waits for; always 0, because looking again at once finds no more."""
    if watched := notifier.watched():
        for organization_id, interaction_id in await interactions.ended(db, watched):
            notifier.on_remote_change(organization_id, interaction_id)
    return 0
