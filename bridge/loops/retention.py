"""Forget what ended long ago: a walk through it from the oldest on, one bounded batch a step."""

from bridge.logs import Log
from storage import retention
from storage.pool import Database

_log = Log("retention")
BATCH = 1000


class Retention:
    """The retention loop's duty on one replica. Its `step` is safe on every replica at once."""

    def __init__(self, *, db: Database, days: int) -> None:
        self._db = db
        self._days = days
        self._after = retention.START

    async def step(self) -> int:
        """Look at up to BATCH questions and BATCH clicks on none; how many were old, or 0 when there are no more.

        What must stay, because a screen does not show its end yet, is looked at once in every walk and in nobody's way.
        """
        batch = await retention.forget_questions(self._db, days=self._days, after=self._after, most=BATCH)
        clicks = await retention.forget_clicks(self._db, days=self._days, most=BATCH)
        self._after = batch.last or retention.START
        if batch.forgotten or clicks:
            _log.info("ended_forgotten", interactions=batch.forgotten, clicks_on_none=clicks)
        return batch.seen + clicks if batch.last or clicks == BATCH else 0
