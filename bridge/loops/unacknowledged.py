"""Mark cards whose answer no agent has acknowledged within two minutes."""

from dataclasses import dataclass, field

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from storage import receipts
from storage.pool import Database

_log = Log("unheard")
BATCH = 100
WHOLE_SECONDS = 780.0  # answers that became late longer ago, in an outage, are not marked: the outage matters more
FEW_SECONDS = 80.0  # the window of a short search: three intervals and a slow pass, so it nearly always misses nothing
FEW_LOOKS = 14  # short searches between two whole ones; a whole one reads about fifty times as many answers as it marks


@dataclass(slots=True, kw_only=True)
class Unacknowledged:
    """The loop of one replica. Its `step` is safe on every replica at once."""

    db: Database
    notifier: Notifier
    metrics: Metrics = field(default_factory=Metrics)
    _few: int = 0

    async def step(self) -> int:
        """Search once for up to BATCH answers that no agent has acknowledged. Returns how many were marked.

        The first search, and then one every five minutes, covers all of the last quarter of an hour: it also finds rows
        that were locked, and ends that were written late. The other searches cover what has just become late.
        """
        within = FEW_SECONDS if self._few else WHOLE_SECONDS
        late = await receipts.mark_unacknowledged(self.db, limit=BATCH, within=within)
        if self._few:
            self._few -= 1
        elif len(late) < BATCH:
            self._few = FEW_LOOKS
        for _, interaction_id in late:
            _log.warning("answer_unheard", interaction=ids.encode("int", interaction_id))
            self.metrics.unacknowledged()
        if late:
            self.notifier.cards.set()
        return len(late)
