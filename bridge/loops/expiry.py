"""End what nobody answered in time, with the default answer when one was asked for."""

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import interactions
from storage.model import Status
from storage.pool import Database

_log = Log("expiry")
BATCH = 1000
_EVENTS = {
    Status.ANSWERED: "interaction_answered",
    Status.EXPIRED: "interaction_expired",
    Status.UNREACHABLE: "interaction_unreachable",
}


async def step(db: Database, wake: Wake, metrics: Metrics | None = None) -> int:
    """End up to BATCH questions whose deadline passed; their cards and waiters follow."""
    ended = await interactions.expire(db, event_ids=[ids.new() for _ in range(BATCH)])
    for organization_id, interaction_id, status in ended:
        _log.info(_EVENTS[status], interaction=ids.encode("int", interaction_id))
        if metrics is not None:
            metrics.ended(status)
        wake.changed(organization_id, interaction_id)
    if ended:
        wake.cards.set()
    return len(ended)
