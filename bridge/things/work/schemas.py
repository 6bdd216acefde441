"""The models of a work item's resource for the OpenAPI description; tests compare them with what `resource` writes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.things.schemas import Thing, ThingPerson

StatusName = Literal["ready", "claimed", "blocked", "done"]


class WorkDependency(BaseModel):
    """An item that another one depends on."""

    id: str = Field(description="Of the item, also if that does not exist any more")
    done: bool = Field(description="Whether it is done; it stays so once it was")


class WorkHolder(BaseModel):
    """An agent, or a person."""

    agent: str | None = Field(default=None, description="The `owner` that an agent gave")
    user: str | None = Field(default=None, description="The Slack user")
    name: str | None = Field(default=None, description="The name of the user in Slack")


class WorkDoer(ThingPerson):
    """A person, or an agent by the name of its key."""

    agent: str | None = Field(default=None, description="The `owner` of the lease, if an agent held it")


class WorkItem(Thing):
    """A work item: something to be done, who holds it until when, and what it waits for."""

    id: str = Field(
        examples=["wrk_01jdq2r4p0e9qvzz4xa9w7btga"], description="The id that its creator gave it, or `wrk_…`"
    )
    status: StatusName = Field(description="`claimed`: an agent or a person holds it; `done` is final")
    title: str = Field(description="What is to be done")
    body: str | None = Field(description="As last given")
    phase: str | None = Field(description="As last given")
    priority: int = Field(description="The higher, the sooner it is leased")
    acceptance: Any | None = Field(description="As last given")
    depends_on: list[WorkDependency] = Field(description="Items that must be done before it can be leased")
    waits_for: int = Field(description="How many of them are not done")
    holder: WorkHolder | None = Field(description="Who holds it; null: no one")
    attempts: int = Field(description="How often it was leased: the fence of the latest lease")
    take_seconds: int = Field(description="How long a person has it who takes it by a card")
    leased_at: datetime | None = Field(description="Since when it is held")
    leased_until: datetime | None = Field(description="Until when, unless that is renewed; it is free from then on")
    blocked_reason: str | None = Field(description="What blocks it; null: it is not blocked, or no reason was given")
    result: str | None = Field(description="What came of it")
    done_by: WorkDoer | None = Field(description="Who made it done")
    done_at: datetime | None = Field(description="When it was done")


class WorkCounts(BaseModel):
    """How many items have which status."""

    ready: int = Field(description="Also those that wait for others")
    claimed: int = Field(description="Also those whose lease has run out")
    blocked: int
    done: int


class WorkStats(BaseModel):
    """How a backlog stands."""

    counts: WorkCounts = Field(description="By status")
    total: int = Field(description="How many items there are")
    oldest_ready_seconds: float | None = Field(
        description="How long ago the oldest item was added that is ready and waits for none; null: there is none"
    )
    expired_leases: int = Field(description="How many claimed items have a lease that has run out")


class ReclaimedWork(BaseModel):
    """Items that are ready again."""

    ids: list[str] = Field(description="Those whose lease had run out")
