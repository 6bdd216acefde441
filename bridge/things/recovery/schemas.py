"""The model of a recovery's resource for the OpenAPI description; `resource` writes the JSON, tests compare the two."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.things.schemas import Thing, ThingPerson


class RecoverySource(BaseModel):
    """What is stuck, as it was reported."""

    type: str = Field(description="Such as `build`")
    id: str = Field(description="Of this source, among those of its type")
    url: str | None = Field(default=None, description="A page about it; missing if none was given")


class RecoveryOwner(BaseModel):
    """Exactly one of the three."""

    agent: str | None = Field(default=None, description="An agent by its name")
    user: str | None = Field(default=None, description="A Slack user")
    board: Literal[True] | None = Field(default=None, description="The board")


class ExternalBlocker(BaseModel):
    """Something outside the bridge."""

    type: str = Field(description="Such as `issue`")
    id: str = Field(description="Of it, among those of its type")
    url: str | None = Field(default=None, description="A page about it; missing if none was given")


class RecoveryBlocker(BaseModel):
    """What blocks it."""

    id: str | None = Field(default=None, description="Another thing, such as `rec_…` or `inc_…`")
    external: ExternalBlocker | None = Field(default=None, description="Something outside the bridge")


class Recovery(Thing):
    """A recovery action: something is stuck, and one open row on its source says who gets it going again."""

    id: str = Field(examples=["rec_01jdq2r4p0e9qvzz4xa9w7btga"], description="`rec_…`")
    status: Literal["active", "escalated", "resolved", "cancelled"] = Field(
        description="`active` and `escalated` are open; the others are final"
    )
    outcome: Literal["restored", "blocked", "false_positive", "cancelled"] | None = Field(
        description="How it ended; null: it is open"
    )
    source: RecoverySource = Field(description="What is stuck")
    kind: str = Field(description="As last reported")
    cause: str = Field(description="As last reported")
    fingerprint: str = Field(description="As last reported")
    next_action: str = Field(description="As last reported")
    owner: RecoveryOwner = Field(description="Who gets it going again")
    previous_owner: RecoveryOwner | None = Field(description="Who owned it before")
    return_owner: RecoveryOwner | None = Field(description="Who goes on once it is resolved")
    recovery_ref: str | None = Field(description="As last reported")
    wake_policy: dict[str, Any] | None = Field(description="As last reported")
    monitor_policy: dict[str, Any] | None = Field(description="As last reported")
    evidence: dict[str, Any] | None = Field(description="As last given")
    max_attempts: int | None = Field(description="As last reported")
    timeout_at: datetime | None = Field(description="As last reported")
    attempt_count: int = Field(description="How many reports there were")
    last_attempt_at: datetime = Field(description="When the last one was")
    escalated_at: datetime | None = Field(description="Since when it is escalated")
    note: str | None = Field(description="The words of the person or agent who ended it")
    blocker: RecoveryBlocker | None = Field(description="What blocks it, with the outcome `blocked`")
    resolved_by: ThingPerson | None = Field(description="Who ended it")
    resolved_at: datetime | None = Field(description="When it ended")
