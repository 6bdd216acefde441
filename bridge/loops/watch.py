"""Find interactions that another replica ended, and things that it moved, also if its notice was lost.

Only those that requests here wait for are read.
"""

from bridge.notifier import Notifier
from storage import interactions, things
from storage.pool import Database


async def step(db: Database, notifier: Notifier) -> int:
    """Read all that requests wait for, in one statement for each sort. Returns 0: a pass at once would find no more."""
    if watched := notifier.watched():
        for organization_id, interaction_id in await interactions.ended(db, watched):
            notifier.on_remote_change(organization_id, interaction_id)
    if watched_things := notifier.watched_things():
        for organization_id, thing_id in await things.changed(db, watched_things):
            notifier.on_remote_change(organization_id, thing_id)
    return 0
