"""Let cards say that no agent has heard the answer yet, once that has been so for two minutes."""

from dataclasses import dataclass, field

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import receipts
from storage.pool import Database

_log = Log("unheard")
BATCH = 100
WHOLE_SECONDS = 780.0  # who was away for longer than that after it was late has other things to show
FEW_SECONDS = 80.0  # three looks and what a slow one takes: what became late since then is mostly all there is
FEW_LOOKS = 14  # between two looks at everything, which read fifty times as many answers as become late in one


@dataclass(slots=True, kw_only=True)
class Unheard:
    """The duty on one replica. Its `step` is safe on every replica at once."""

    db: Database
    wake: Wake
    metrics: Metrics = field(default_factory=Metrics)
    _few: int = 0

    async def step(self) -> int:
        """Look once for up to BATCH answers that nobody heard; how many those were.

        The first look, and then one every five minutes, is at all of the last quarter of an hour: it finds what was
        held by somebody, and what ended long before that was written. The others are at what has just become late.
        """
        within = FEW_SECONDS if self._few else WHOLE_SECONDS
        late = await receipts.mark_unacknowledged(self.db, limit=BATCH, within=within)
        if self._few:
            self._few -= 1
        elif len(late) < BATCH:
            self._few = FEW_LOOKS
        for _, interaction_id in late:
            _log.warning("answer_unheard", interaction=ids.encode("int", interaction_id))
            self.metrics.unheard()
        if late:
            self.wake.cards.set()
        return len(late)
