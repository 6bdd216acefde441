"""Forget what ended long ago: a walk through it from the oldest on, one bounded batch a step."""

from bridge.logs import Log
from storage import retention
from storage.pool import Database

_log = Log("retention")
BATCH = 1000
ENDPOINTS = 5  # at once: what belongs to the organization of each is looked through


class Retention:
    """The retention loop's duty on one replica. Its `step` is safe on every replica at once."""

    def __init__(self, *, db: Database, days: int) -> None:
        self._db = db
        self._days = days
        self._after = retention.START

    async def step(self) -> int:
        """Look at up to BATCH questions, BATCH clicks on none and ENDPOINTS deleted endpoints; how many were old, or 0.

        What must stay, because a screen does not show its end yet, is looked at once in every walk and in nobody's way.
        """
        batch = await retention.forget_interactions(self._db, days=self._days, after=self._after, limit=BATCH)
        clicks = await retention.forget_clicks(self._db, days=self._days, limit=BATCH)
        endpoints = await retention.forget_endpoints(self._db, days=self._days, limit=ENDPOINTS)
        self._after = batch.last or retention.START
        if batch.forgotten or clicks or endpoints:
            _log.info("ended_forgotten", interactions=batch.forgotten, clicks_on_none=clicks, endpoints=endpoints)
        more = batch.last or clicks == BATCH or endpoints == ENDPOINTS
        return batch.seen + clicks + endpoints if more else 0
