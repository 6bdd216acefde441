"""Find interactions that another replica ended and that requests here wait for, also if its notice was lost."""

from bridge.notifier import Notifier
from storage import interactions
from storage.pool import Database


async def step(db: Database, notifier: Notifier) -> int:
    """Read all interactions that requests wait for in one statement. Returns 0: a pass at once would find no more."""
    if watched := notifier.watched():
        for organization_id, interaction_id in await interactions.ended(db, watched):
            notifier.on_remote_change(organization_id, interaction_id)
    return 0
