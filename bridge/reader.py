"""Reads interactions for everything that tells of them: a passed deadline is written before it is told.

The end is written by the one statement of `storage.deadlines`, which waits for a claim that is still committing. When
that takes longer than END_SECONDS the reader raises Unavailable: a request is answered 503, and never with a guess.
"""

import asyncio
from collections.abc import Iterable, Sequence
from uuid import UUID

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import deadlines, interactions
from storage.deadlines import EndedInteraction
from storage.interactions import Filters
from storage.model import Interaction, Status
from storage.pool import Database

_log = Log("expiry")

END_SECONDS = 1.0
_BATCH = 100  # ends that a list writes at once
_EVENTS = {
    Status.ANSWERED: "interaction_answered",
    Status.EXPIRED: "interaction_expired",
    Status.UNREACHABLE: "interaction_unreachable",
}


class Reader:
    """Interactions as they are, on one replica."""

    def __init__(self, *, db: Database, wake: Wake, metrics: Metrics | None = None) -> None:
        self._db = db
        self._wake = wake
        self._metrics = metrics or Metrics()
        self._ending: dict[tuple[UUID, UUID], asyncio.Task[None]] = {}

    async def get(self, organization_id: UUID, id: UUID) -> Interaction | None:
        """An interaction of this organization; raises Unavailable."""
        row = await interactions.get(self._db, organization_id, id)
        if row is None or not row.is_overdue:
            return row
        await self.end(organization_id, [id])
        return await interactions.get(self._db, organization_id, id)

    async def several(self, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Interaction]:
        """Some interactions of this organization, without those that are not there; raises Unavailable."""
        rows = await interactions.several(self._db, organization_id, ids)
        if overdue := [row.id for row in rows.values() if row.is_overdue]:
            await self.end(organization_id, overdue)
            rows |= await interactions.several(self._db, organization_id, overdue)
        return rows

    async def page(
        self, organization_id: UUID, filters: Filters, *, before: UUID | None, most: int
    ) -> list[Interaction]:
        """A page of a list, newest first, of interactions older than `before`; raises Unavailable."""
        if filters.status not in (None, Status.PENDING):  # what has ended by now belongs to the page
            await self._end_due(organization_id)
        rows = await interactions.page(self._db, organization_id, filters, before=before, limit=most)
        if overdue := [row.id for row in rows if row.is_overdue]:
            await self.end(organization_id, overdue)
            rows = await interactions.page(self._db, organization_id, filters, before=before, limit=most)
        return rows

    async def end(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        """Have the ends of these interactions written, once for all that meet them together; raises Unavailable."""
        new = [id for id in overdue if (organization_id, id) not in self._ending]
        if new:
            task = asyncio.create_task(self._end(organization_id, new))
            for id in new:
                self._ending[organization_id, id] = task
            task.add_done_callback(lambda _: self._forget(organization_id, new))
        for writing in {self._ending[organization_id, id] for id in overdue if (organization_id, id) in self._ending}:
            await asyncio.shield(writing)

    def tell(self, ended: Iterable[EndedInteraction]) -> None:
        """Tell of interactions that this replica just ended by their deadline: log, metrics, cards and waiters."""
        for organization_id, id, status in ended:
            _log.info(_EVENTS[status], interaction=ids.encode("int", id))
            self._metrics.ended(status)
            self._wake.changed(organization_id, id)
            self._wake.cards.set()

    async def _end(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        event_ids = [ids.new() for _ in overdue]
        db = self._db.within(END_SECONDS)
        self.tell(await deadlines.end_named(db, organization_id, overdue, event_ids=event_ids))

    async def _end_due(self, organization_id: UUID) -> None:
        """Write every end that is due in an organization."""
        more = True
        while more:
            event_ids = [ids.new() for _ in range(_BATCH)]
            done = await deadlines.end_due(self._db.within(END_SECONDS), organization_id, event_ids=event_ids)
            self.tell(done.ended)
            more = done.more

    def _forget(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        for id in overdue:
            self._ending.pop((organization_id, id), None)
