"""Delete what ended long ago: walks through it from the oldest on, one bounded batch in each step."""

from bridge.logs import Log
from storage import errors, retention
from storage.pool import Database

_log = Log("retention")
BATCH = 1000
THINGS = 100  # in one batch: each may have many rounds
ENDPOINTS = 5  # in one batch: to delete each reads all deliveries of its organization


class Retention:
    """The retention loop's duty on one replica. Its `step` is safe on every replica at once."""

    def __init__(self, *, db: Database, days: int) -> None:
        self._db = db
        self._days = days
        self._after = retention.START
        self._after_thing = retention.START
        self._with_rest = True

    async def step(self) -> int:
        """Delete up to BATCH old interactions, THINGS old things, BATCH clicks on none, ENDPOINTS deleted endpoints.

        Once in a walk it also deletes up to BATCH endpoints that were disabled long ago, and BATCH unused rate limits;
        more of them in the next pass. Returns how many were old; 0 at the end of a walk. Old interactions that must
        stay, because a card does not show their end yet, are read once in every walk and do not delay others.
        """
        batch = await retention.forget_interactions(self._db, days=self._days, after=self._after, limit=BATCH)
        things = await self._forget_things()
        clicks = await retention.forget_clicks(self._db, days=self._days, limit=BATCH)
        disabled = throttles = 0
        if self._with_rest:
            disabled = await retention.retire_endpoints(self._db, days=self._days, limit=BATCH)
            throttles = await retention.forget_throttles(self._db, limit=BATCH)
        endpoints = await retention.forget_endpoints(self._db, days=self._days, limit=ENDPOINTS)
        self._after = batch.last or retention.START
        self._after_thing = things.last or retention.START
        self._with_rest = BATCH in {disabled, throttles} or batch.last is None
        if batch.forgotten or things.forgotten or clicks or endpoints:
            _log.info(
                "ended_forgotten",
                interactions=batch.forgotten,
                things=things.forgotten,
                clicks_on_none=clicks,
                endpoints=endpoints,
            )
        more = batch.last or things.last or BATCH in {clicks, disabled, throttles} or endpoints == ENDPOINTS
        return batch.seen + things.seen + clicks + disabled + throttles + endpoints if more else 0

    async def _forget_things(self) -> retention.Batch:
        """Delete old things; one whose rows take too long to delete does not keep the other duties from being done."""
        limit = THINGS
        while True:
            try:
                return await retention.forget_things(self._db, days=self._days, after=self._after_thing, limit=limit)
            except errors.Unavailable as error:
                if limit == 1:
                    _log.warning("things_not_forgotten", cause=error.cause)
                    return retention.Batch(seen=0, forgotten=0, last=None)
                limit = max(1, limit // 10)
