"""The models of a fix's resource for the OpenAPI description; tests compare them with what `resource` writes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.things.fix.request import AppliedName
from bridge.things.schemas import Thing, ThingPerson

DecisionName = Literal["one_off", "draft_template", "build_template", "dismissed"]
OutcomeName = Literal[
    "proposed", "applied_pending", "applied_partial", "applied_success", "applied_failed", "dismissed"
]
StatusName = Literal[
    "proposed", "decided", "applied_pending", "applied_partial", "applied_success", "applied_failed", "dismissed"
]


class FixTemplate(BaseModel):
    """A template that has the fix."""

    id: str = Field(description="As it was given")
    url: str | None = Field(default=None, description="A page about it; missing if none was given")


class OutcomeProposal(BaseModel):
    """What an agent proposes as the outcome. It counts once a person confirms it."""

    outcome: AppliedName = Field(description="The outcome that a person would confirm")
    reason: str | None = Field(description="Why; null: none was given")
    evidence: dict[str, Any] | None = Field(description="As it was given")
    by: ThingPerson = Field(description="Which agent proposes it")
    at: datetime = Field(description="When it was proposed")


class Fix(Thing):
    """A suggested fix: what is proposed, what a person decided, and what became of it."""

    id: str = Field(examples=["fix_01jdq2r4p0e9qvzz4xa9w7btga"], description="`fix_…`")
    status: StatusName = Field(description="The outcome; `decided` from a decision until the first outcome")
    session: str = Field(description="What it is for; a session has one active fix")
    title: str = Field(description="What the fix is")
    description: str | None = Field(description="As it was given")
    confidence: int | None = Field(description="How sure the agent is, in percent")
    key: str | None = Field(description="Which kind of fix it is")
    template: FixTemplate | None = Field(description="As it was given")
    script: str | None = Field(description="As it was given")
    parameters: dict[str, Any] | None = Field(description="Of the script")
    decision: DecisionName | None = Field(description="What a person decided, whatever the outcome; null: nothing yet")
    decided_by: ThingPerson | None = Field(description="Who decided")
    decided_at: datetime | None = Field(description="When it was decided")
    outcome: OutcomeName = Field(description="What became of it, whatever was decided")
    outcome_by: ThingPerson | None = Field(description="Who recorded the outcome")
    outcome_at: datetime | None = Field(description="When it was recorded")
    partial_notes: str | None = Field(description="What works, and what does not: the latest, whatever came after it")
    failure_reason: str | None = Field(description="What went wrong: the latest, whatever came after it")
    waiting_on: str | None = Field(description="What was awaited: the latest, whatever came after it")
    waiting_since: datetime | None = Field(description="Since when it was awaited")
    applied_at: datetime | None = Field(description="When it first had an applied outcome")
    verified_at: datetime | None = Field(description="When the verdict that it has was given; null: it has none")
    outcome_proposal: OutcomeProposal | None = Field(description="What an agent proposes as the outcome")
    remind_at: datetime | None = Field(description="When people are reminded that a verdict is missing")
    superseded_at: datetime | None = Field(description="null: it is the active fix of its session")
    superseded_by: str | None = Field(description="`fix_…`: the fix that was proposed next; null once that is deleted")


class FixHandover(BaseModel):
    """What the next one who works on a session must know of its fixes, also of superseded ones; the newest first."""

    session: str = Field(description="As it was asked for")
    message: str = Field(description="All of it in words that a model can act on")
    pending: list[Fix] = Field(description="Applied and not verified: the first is the leading hypothesis; at most 20")
    partial: list[Fix] = Field(description="They work partly; at most 20")
    failed: list[Fix] = Field(description="They did not work; at most 20")


class FixRate(BaseModel):
    """A share, with the counts that it is made of."""

    rate: float | None = Field(description="`count` divided by `of`; null: there is none to divide by")
    count: int = Field(description="How many")
    of: int = Field(description="Of how many")


class FixRates(BaseModel):
    """How often fixes of a kind are applied, and how often those with a verdict worked."""

    applied: FixRate = Field(description="Applied ones of all that were proposed")
    worked: FixRate = Field(description="Those that worked of all with a verdict")


class FixStats(BaseModel):
    """How fixes of one kind fared."""

    key: str = Field(description="As it was asked for")
    proposed: int = Field(description="How many there are, whatever became of them; deleted ones are not counted")
    applied: int = Field(description="How many have an applied outcome")
    worked: int = Field(description="How many have the outcome `applied_success`")
    failed: int = Field(description="How many have the outcome `applied_failed`")
    rates: FixRates = Field(description="Each with its counts")
