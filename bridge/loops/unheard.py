"""Let cards say that no agent has heard the answer yet, once that has been so for two minutes."""

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import receipts
from storage.pool import Database

_log = Log("unheard")
BATCH = 100


async def step(db: Database, wake: Wake, metrics: Metrics | None = None) -> int:
    """Look once for up to BATCH answers that nobody heard; how many those were."""
    late = await receipts.late(db, most=BATCH)
    for _, interaction_id in late:
        _log.warning("answer_unheard", interaction=ids.encode("int", interaction_id))
        if metrics is not None:
            metrics.unheard()
    if late:
        wake.cards.set()
    return len(late)
