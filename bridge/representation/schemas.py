"""Models of the resources for the OpenAPI description. The other modules write the JSON; tests compare the two.

The docstrings of the models are descriptions in the API.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.kinds.choice.request import Option
from bridge.question import Action, Agent, Fact, Principal
from storage.model import CardStatus, EventType, Progress, Status, Verdict


class By(BaseModel):
    """Who answered, as Slack's signed request named them."""

    user: str
    name: str | None
    team: str | None


class Answer(BaseModel):
    """The one true answer. `approved` is true for an approval and for nothing else."""

    decision: str | None
    approved: bool
    option: str | None
    label: str
    by: By | None = Field(description="null: the default asked for answered")
    at: datetime
    via: Literal["button", "default"]


class Reason(BaseModel):
    """Why something is not as it was asked for: a stable code, what happened, and what a person can do."""

    code: str
    detail: str
    fix: str


class Receipt(BaseModel):
    """What the agent reported last of an answer it acts on."""

    status: Progress
    summary: str | None
    url: str | None
    picked_up_at: datetime | None
    at: datetime


class CardReason(Reason):
    """Why a copy of the card waits, or was given up."""

    until: datetime | None = Field(
        default=None, description="When it is tried again. Missing: that is not known, or it is not tried again"
    )


class CardCopy(BaseModel):
    """One posted copy of the card."""

    status: CardStatus
    channel: str | None
    ts: str | None
    permalink: str | None
    reason: CardReason | None


class Recipient(BaseModel):
    """One place that the card was to be posted to, as it was sent."""

    user: str | None = None
    channel: str | None = None
    thread_ts: str | None = None


class AllowedResponders(BaseModel):
    """Who may answer: these people, or everyone who can see the card."""

    users: list[str] | None = None
    anyone_in_channel: Literal[True] | None = None


class DefaultAnswer(BaseModel):
    """The answer that counts when no one answers in time, as it was sent."""

    decision: str | None = None
    option: str | None = None


class Interaction(BaseModel):
    """A question as it now is."""

    id: str = Field(examples=["int_01jdq2r4p0e9qvzz4xa9w7btga"])
    kind: str
    status: Status
    message: str = Field(description="One sentence to act on, for every status")
    answer: Answer | None
    reason: Reason | None
    digest: str = Field(description="SHA-256 of kind, title, body, action and what the kind adds, in hexadecimal")
    title: str
    body: str | None = Field(default=None, description="Markdown; lists leave it out unless include=body is given")
    action: Action | None
    facts: list[Fact]
    options: list[Option] = Field(description="What could be chosen; empty for kinds without options")
    truncated: list[str] = Field(
        description="JSON pointers of what a card shows only in part, such as /body; empty while none is posted"
    )
    to: list[Recipient] = Field(description="In the order in which they were sent")
    responders: AllowedResponders
    outsiders: Literal["refuse", "allow"] = Field(description="Whether people of other organizations may answer")
    on_expiry: DefaultAnswer | None
    agent: Agent | None
    on_behalf_of: Principal | None
    cards: list[CardCopy]
    supersedes: str | None
    superseded_by: str | None
    tags: list[str]
    metadata: dict[str, Any]
    idempotency_key: str | None
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    heard_at: datetime | None
    receipt: Receipt | None


class Page(BaseModel):
    """Some of the questions of an organization, newest first."""

    items: list[Interaction]
    next_cursor: str | None = Field(description="Where to go on; null: this was the last page")


class Moment(BaseModel):
    """One thing that happened to a question."""

    at: datetime
    type: str
    message: str = Field(description="What happened, in words")
    by: str | None = Field(description="The Slack user who did it")
    verdict: Verdict | None = Field(description="For clicks: what became of it")
    detail: dict[str, Any] = Field(description="The same for programs; what there is depends on the type")


class Timeline(BaseModel):
    """Why a question is not answered, or how it was: what it is now, and everything that happened, oldest first."""

    status: Status
    message: str = Field(description="One sentence to act on, for every status")
    cards: list[CardCopy] = Field(description="`reason` says why a copy is not on a screen yet")
    items: list[Moment]


class Event(BaseModel):
    """One thing that happened to a question of yours."""

    id: str = Field(examples=["evt_01jdq2r4p0e9qvzz4xa9w7btga"], description="What to resume after")
    type: EventType
    timestamp: datetime = Field(description="When it was written down")
    data: Interaction = Field(description="The question as it is when you are told: never older, perhaps newer")


class EventPage(BaseModel):
    """Some of an organization's events, in their order: oldest first."""

    items: list[Event]
    next_cursor: str | None = Field(description="What to give as `after` to go on; null: these are all there are now")


class ProblemError(BaseModel):
    """One place in the body and what is wrong there."""

    pointer: str = Field(description="A JSON pointer (RFC 6901)")
    message: str


class Problem(BaseModel):
    """RFC 9457: what could not be done, and what to do about it."""

    type: str = Field(description="A stable name")
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | None = None
    interaction: Interaction | None = Field(
        default=None, description="With 409: what is in the way, as it now is, with its answer if it has one"
    )
