"""The row of a suggested fix: what its own table has beside what all things have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from storage.model import Json

DECIDED: Final = "decided"
"""The status between a decision and the first outcome."""

SUPERSEDED: Final = "superseded"
"""What a fix is beside its status, once a newer one was proposed for its session."""


class Decided(StrEnum):
    """What a person decided to do with a fix."""

    ONE_OFF = "one_off"  # apply it, this once
    DRAFT_TEMPLATE = "draft_template"
    BUILD_TEMPLATE = "build_template"
    DISMISSED = "dismissed"


class Outcome(StrEnum):
    """What became of a fix, whatever was decided.

    `applied_partial` and `applied_pending` are provisional. People are reminded of a pending one that its verdict is
    missing; one that works in part may stay so.
    """

    PROPOSED = "proposed"
    PENDING = "applied_pending"
    PARTIAL = "applied_partial"
    SUCCESS = "applied_success"
    FAILED = "applied_failed"
    DISMISSED = "dismissed"

    @property
    def is_verdict(self) -> bool:
        """Whether it says that the fix worked or did not."""
        return self in (Outcome.SUCCESS, Outcome.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A suggested fix. Of its texts the latest stay, whichever outcome comes next."""

    session: str
    title: str
    description: str | None
    confidence: int | None  # percent
    key: str | None  # which kind of fix it is
    template: Json | None  # {"id", "url"}
    script: str | None
    parameters: Json | None  # of the script
    decision: str | None
    decided_at: datetime | None
    decided_by: Json | None
    outcome: str
    outcome_at: datetime | None
    outcome_by: Json | None
    partial_notes: str | None
    failure_reason: str | None
    waiting_on: str | None
    waiting_since: datetime | None
    applied_at: datetime | None
    verified_at: datetime | None
    outcome_proposal: Json | None  # {"outcome", "reason", "evidence", "by", "at"}, of an agent
    due_at: datetime | None  # when people are reminded that a verdict is missing
    superseded_at: datetime | None  # None: it is the active fix of its session
    superseded_by: UUID | None

    @property
    def status(self) -> str:
        """The outcome; `decided` from a decision until the first outcome. `page` of sql/fixes.sql says the same."""
        return DECIDED if self.outcome == Outcome.PROPOSED and self.decision is not None else self.outcome

    @property
    def is_active(self) -> bool:
        """Whether it is the active fix of its session."""
        return self.superseded_at is None


def holds(row: Fix) -> frozenset[str]:
    """What can be waited for and is so now, besides the status."""
    decided = {DECIDED} if row.decision is not None else set[str]()
    return frozenset({row.outcome} | decided | (set() if row.is_active else {SUPERSEDED}))
