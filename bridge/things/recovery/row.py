"""The row of a recovery action: what its own table has beside what all things have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from storage.model import Json


class Status(StrEnum):
    """The status of a recovery; the last two are final."""

    ACTIVE = "active"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether people and agents can still act on it."""
        return self in (Status.ACTIVE, Status.ESCALATED)


class Outcome(StrEnum):
    """How a recovery ended. `cancelled` belongs to the status of the same name, the others to `resolved`."""

    RESTORED = "restored"
    BLOCKED = "blocked"
    FALSE_POSITIVE = "false_positive"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """A recovery action. `owner_agent` and `owner_user` are both None if the board owns it."""

    status: str
    outcome: str | None
    source_type: str
    source_id: str
    source_url: str | None
    kind: str
    cause: str
    fingerprint: str
    next_action: str
    owner_agent: str | None
    owner_user: str | None
    previous_owner: Json | None
    return_owner: Json | None
    recovery_ref: str | None
    wake_policy: Json | None
    monitor_policy: Json | None
    evidence: Json | None
    max_attempts: int | None
    timeout_at: datetime | None
    attempt_count: int
    last_attempt_at: datetime
    escalated_at: datetime | None
    escalation_step: int  # how many owners of the wake policy have had their turn
    due_at: datetime | None  # when the loop escalates it
    note: str | None
    blocker: Json | None
    blocker_id: UUID | None
    resolved_by: Json | None
    resolved_at: datetime | None
