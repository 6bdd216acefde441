"""The row of a work item: what its own table has beside what all things have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.model import Json


class Status(StrEnum):
    """Where a work item stands, as the table says it. The API calls a leased item claimed."""

    READY = "ready"  # held by no one; it can be leased once all its dependencies are done
    LEASED = "leased"
    BLOCKED = "blocked"
    DONE = "done"


class LeaseEnd(StrEnum):
    """How the latest lease of a work item ended."""

    RELEASED = "released"
    BLOCKED = "blocked"
    DONE = "done"
    RECLAIMED = "reclaimed"  # by another than the holder, or by time


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A piece of work of a backlog, which an agent or a person holds by a lease with a fence.

    Who leases next gets the free item with the highest priority, of these the oldest.
    """

    name: str | None  # the caller's id; None: its id was made (wrk_…)
    title: str
    body: str | None
    phase: str | None
    priority: int  # -1000 to 1000; the higher is leased first
    acceptance: Any | None  # any JSON of the agent
    status: str
    attempts: int  # how often it was leased: the number of the latest lease, which is its fence
    take_seconds: int  # how long the lease of a person lasts
    holder_agent: str | None  # the name that an agent gave as owner
    holder_user: str | None  # Slack user id
    holder_name: str | None  # the person's name
    leased_at: datetime | None
    leased_until: datetime | None  # it is free from then on; until it is taken its holder may still end the lease
    lease_end: str | None  # how lease number `attempts` ended; None: it has not, or there was none
    blocked_reason: str | None
    result: str | None  # what was said when it was done
    done_by: Json | None  # {"user", "name", "team"} or {"key"}, with "agent" if a holder completed it
    done_at: datetime | None
    unmet: int  # dependencies that are not done
    dependencies: list[Json]  # [{"id": public id, "is_met"}], oldest first; those of a new item also have "item": uuid
    refresh_at: datetime | None  # when its cards are to be drawn anew, because its dependencies changed; None: no need

    @property
    def holder(self) -> Json | None:
        """The agent or person that holds it by its latest lease, whether that has expired or not."""
        if self.holder_agent is not None:
            return {"agent": self.holder_agent}
        if self.holder_user is not None:
            return {"user": self.holder_user, "name": self.holder_name}
        return None

    @property
    def is_leasable(self) -> bool:
        """Whether it is ready, and all its dependencies are done."""
        return self.status == Status.READY and self.unmet == 0

    def is_held(self, now: datetime) -> bool:
        """Whether its lease lasts at this moment."""
        return self.leased_until is not None and self.leased_until > now

    def is_overdue(self, now: datetime) -> bool:
        """Whether its lease has expired and nothing has ended it."""
        return self.leased_until is not None and self.leased_until <= now

    def is_free(self, now: datetime) -> bool:
        """Whether it can be leased at this moment: an expired lease is over at once."""
        return self.unmet == 0 and (self.status == Status.READY or self.is_overdue(now))
