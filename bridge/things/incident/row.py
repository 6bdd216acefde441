"""The row of an incident: what its own table has beside what all things have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from storage.model import Json

MAX_RECENT: Final = 20
"""How many updates a row has at hand, as the table's checks say; the others are rows of their own, too."""


class Status(StrEnum):
    """The status of an incident. From any status any other can be set; `resolved` has no buttons."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    FIXING = "fixing"
    MONITORING = "monitoring"
    RESOLVED = "resolved"

    @property
    def is_open(self) -> bool:
        """Whether people can act on it."""
        return self is not Status.RESOLVED


class Severity(StrEnum):
    """How bad it is."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident. An update is {"id", "message", "changes", "by", "at"}; see `updates`."""

    title: str
    description: str | None
    severity: str
    status: str
    status_by: Json  # who set the status
    status_at: datetime
    systems: list[str]  # a set, in the order in which it was given
    resolved_at: datetime | None
    has_notes: bool  # its updates are replies to its cards as well
    suppress_notifications: bool  # cards and notes mention no one
    update_count: int
    recent_updates: list[Json]  # the latest MAX_RECENT, the oldest first
