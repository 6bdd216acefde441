"""Claim the connections that this replica has a token for, and shelve cards that no replica has a token for."""

import time
from collections.abc import Callable

from bridge import ids
from bridge.notifier import Notifier
from bridge.representation import waiting
from bridge.slack.connections import Installations
from storage import errors, serving
from storage.pool import Database

_SHELVE_SECONDS = 60.0  # between two searches for connections that no replica serves


class Serving:
    """The loop of one replica. Its `step` is safe on every replica at once."""

    def __init__(
        self,
        *,
        db: Database,
        installations: Installations,
        notifier: Notifier,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._db = db
        self._installations = installations
        self._notifier = notifier
        self._shelve_at: float | None = None

    async def step(self) -> int:
        """Renew this replica's claims and unshelve their cards; once a minute, shelve cards of unserved ones.

        Shelving begins a minute after the first pass, and after any pass that failed: by then other replicas have
        renewed their claims, also if the database was unavailable and all claims expired.

        Returns how many rows changed.
        """
        now = self._clock()
        try:
            return await self._renew() + await self._shelve(now)
        except errors.Unavailable:
            self._shelve_at = now + _SHELVE_SECONDS
            raise

    async def _renew(self) -> int:
        working = self._installations.working
        if not working:
            return 0
        renewed = await serving.renew(self._db, working)
        if renewed.started or renewed.put_back:
            self._notifier.cards.set()
        return renewed.started + renewed.put_back

    async def _shelve(self, now: float) -> int:
        if self._shelve_at is None:
            self._shelve_at = now + _SHELVE_SECONDS
        if now < self._shelve_at:
            return 0
        shelved = await serving.shelve(self._db, reason=waiting.TOKEN_MISSING, new_id=ids.new)
        if not shelved:
            self._shelve_at = now + _SHELVE_SECONDS
        return shelved
