"""Reads interactions for responses, streams and webhooks; stores the end of an overdue row before reading it.

The statement in `storage.deadlines` stores the end; it waits for a claim that is still committing. When that takes
longer than END_SECONDS, the reader raises Unavailable, and a request gets 503 instead of a guessed status.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from storage import deadlines, interactions
from storage.deadlines import EndedInteraction
from storage.interactions import Filters, Page
from storage.model import Interaction, Status
from storage.pool import Database

_log = Log("expiry")

END_SECONDS = 1.0
BATCH = 100  # ends that one statement stores for a list
_EVENTS = {
    Status.ANSWERED: "interaction_answered",
    Status.EXPIRED: "interaction_expired",
    Status.UNREACHABLE: "interaction_unreachable",
}


class Reader:
    """Reads interactions on one replica, with their ends stored."""

    def __init__(
        self,
        *,
        db: Database,
        notifier: Notifier,
        metrics: Metrics | None = None,
        end_seconds: float = END_SECONDS,
        batch: int = BATCH,
    ) -> None:
        self._db = db
        self._notifier = notifier
        self._metrics = metrics or Metrics()
        self._end_seconds = end_seconds
        self._batch = batch
        self._ending: dict[tuple[UUID, UUID], asyncio.Task[None]] = {}

    @property
    def ending_count(self) -> int:
        """How many interactions this replica is ending now, because a reader found them overdue."""
        return len(self._ending)

    async def get(self, organization_id: UUID, id: UUID) -> Interaction | None:
        """The interaction with this id; None if this organization has none. Raises Unavailable."""
        row = await interactions.get(self._db, organization_id, id)
        if row is None or not row.is_overdue:
            return row
        await self.end(organization_id, [id])
        return await interactions.get(self._db, organization_id, id)

    async def several(self, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Interaction]:
        """The interactions with these ids that this organization has, by id; raises Unavailable."""
        rows = await interactions.several(self._db, organization_id, ids)
        if overdue := [row.id for row in rows.values() if row.is_overdue]:
            await self.end(organization_id, overdue)
            rows |= await interactions.several(self._db, organization_id, overdue)
        return rows

    async def page(
        self, organization_id: UUID, filters: Filters, *, before: UUID | None, limit: int, with_body: bool = True
    ) -> Page:
        """A page of a list, newest first, of interactions older than `before`; raises Unavailable."""
        options: dict[str, Any] = {"before": before, "limit": limit, "with_body": with_body}
        if filters.status not in (None, Status.PENDING):  # a row whose deadline has passed belongs to the page
            await self._end_due(organization_id)
        page = await interactions.page(self._db, organization_id, filters, **options)
        if overdue := [row.id for row in page.interactions if row.is_overdue]:
            await self.end(organization_id, overdue)
            page = await interactions.page(self._db, organization_id, filters, **options)
        return page

    async def end(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        """Store the ends of these interactions, once for all concurrent readers of one; raises Unavailable."""
        new = [id for id in overdue if (organization_id, id) not in self._ending]
        if new:
            task = asyncio.create_task(self._end(organization_id, new))
            for id in new:
                self._ending[organization_id, id] = task
            task.add_done_callback(lambda _: self._forget(organization_id, new))
        for writing in {self._ending[organization_id, id] for id in overdue if (organization_id, id) in self._ending}:
            await asyncio.shield(writing)

    def report(self, ended: Iterable[EndedInteraction]) -> None:
        """Log and count interactions that this replica just ended by deadline; wake cards and waiting requests."""
        for organization_id, id, status in ended:
            _log.info(_EVENTS[status], interaction=ids.encode("int", id))
            self._metrics.ended(status)
            self._notifier.interaction_changed(organization_id, id)
            self._notifier.cards.set()

    async def _end(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        event_ids = [ids.new() for _ in overdue]
        db = self._db.within(self._end_seconds)
        self.report(await deadlines.end_named(db, organization_id, overdue, event_ids=event_ids))

    async def _end_due(self, organization_id: UUID) -> None:
        """Store the end of every overdue interaction of an organization."""
        more = True
        while more:
            event_ids = [ids.new() for _ in range(self._batch)]
            done = await deadlines.end_due(self._db.within(self._end_seconds), organization_id, event_ids=event_ids)
            self.report(done.ended)
            more = done.more

    def _forget(self, organization_id: UUID, overdue: Sequence[UUID]) -> None:
        for id in overdue:
            self._ending.pop((organization_id, id), None)
