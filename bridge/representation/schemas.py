"""Models of the resources for the OpenAPI description. The other modules write the JSON; tests compare the two.

The docstrings of the models are descriptions in the API.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.forms.comment import Comment
from bridge.forms.options import Multiple
from bridge.forms.text_input import Input
from bridge.kinds.questions.request import AskedQuestion
from bridge.question import Agent, Fact, Principal
from storage.model import CardStatus, EventType, Progress, Status, Verdict


class By(BaseModel):
    """Who answered, as Slack's signed request named them."""

    user: str
    name: str | None
    team: str | None


class SelectedOption(BaseModel):
    """One of the options that a person selected."""

    id: str = Field(description="As in the question")
    label: str = Field(description="As in the question")


class GivenAnswer(BaseModel):
    """The answer to one of several questions: an option, the selected options, or a text."""

    option: str | None = Field(default=None, description="The id of the option that was chosen")
    label: str | None = Field(default=None, description="The label of that option")
    options: list[SelectedOption] | None = Field(
        default=None, description="The options selected where `multiple` allows several; none of them: an empty list"
    )
    text: str | None = Field(default=None, description="What the person wrote, unchanged")


class ArgumentChange(BaseModel):
    """One argument that a person changed before approving."""

    pointer: str = Field(description="JSON pointer into the arguments, such as `/amount`")
    from_: Any = Field(default=None, alias="from", description="What was asked; missing: the argument was not there")
    to: Any = Field(default=None, description="What was approved; missing: the argument is left out")


class Answer(BaseModel):
    """The one true answer. `approved` is true for an approval and for nothing else."""

    decision: str | None = Field(description="`approve`, `deny`, `respond` or `decline`; null for every other answer")
    approved: bool
    option: str | None
    label: str
    comment: str | None = Field(default=None, description="The person's words, unchanged; missing without any")
    text: str | None = Field(default=None, description="The text of a question of the kind `text`")
    options: list[SelectedOption] | None = Field(
        default=None, description="The options selected where `multiple` allows several, in the order of the question"
    )
    answers: dict[str, GivenAnswer | None] | None = Field(
        default=None, description="Of the kind `questions`: the answer to each question by its id; null: left out"
    )
    values: dict[str, Any] | None = Field(
        default=None, description="Of the kind `form`: what the person entered, valid against the schema"
    )
    arguments: dict[str, Any] | None = Field(
        default=None,
        description="What was approved in the form of `edit`: all arguments. Missing: exactly what was asked",
    )
    changes: list[ArgumentChange] | None = Field(
        default=None, description="With `arguments`: what of them a person changed"
    )
    edited: bool | None = Field(default=None, description="With `arguments`: whether anything was changed")
    digest: str | None = Field(
        default=None, description="With `arguments`: the `digest` that the question has with these arguments"
    )
    move: str | None = Field(default=None, description="What was done to the thing; missing in a question")
    by: By | None = Field(description="null: the default answer was recorded")
    at: datetime
    via: Literal["button", "form", "default"]


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
        default=None, description="Time of the next attempt. Missing: unknown, or there is none"
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
    text: str | None = Field(default=None, description="One of the suggestions of a text; left out for other kinds")


class OfferedOption(BaseModel):
    """One thing that can be chosen, as it was sent."""

    id: str = Field(description="The value in the answer")
    label: str = Field(description="The text of the button")
    style: Literal["primary", "danger"] | None = Field(default=None, description="The colour of the button")
    confirm: str | None = Field(default=None, description="The text of the confirmation dialog")
    comment: Comment | None = Field(default=None, description="What a comment with this option is like")


class AskedComments(BaseModel):
    """What the comments of the two decisions are like."""

    approve: Comment | None = Field(default=None, description="With an approval")
    deny: Comment | None = Field(default=None, description="With a denial")


class FullText(BaseModel):
    """The full text of an action: what people can read of it, page by page, and what the digest covers."""

    size: int = Field(description="Bytes of UTF-8")
    sha256: str = Field(description="SHA-256 of these bytes, in hexadecimal")
    preview: str = Field(description="The first lines; cards show as much or less of it")
    text: str | None = Field(default=None, description="Only with `include=full`: the text as it was sent")


class AskedAction(BaseModel):
    """The action as it was sent, with its full text summarized."""

    name: str
    arguments: dict[str, Any]
    full: FullText | None = Field(default=None, description="Missing: the action has no full text")


class Interaction(BaseModel):
    """A question as it now is."""

    id: str = Field(examples=["int_01jdq2r4p0e9qvzz4xa9w7btga"])
    kind: str
    status: Status
    message: str = Field(description="The status in words, with what to do next")
    answer: Answer | None
    reason: Reason | None
    digest: str = Field(
        description="SHA-256, in hexadecimal, of kind, title, body, action and the fields that the kind adds"
    )
    title: str
    body: str | None = Field(default=None, description="Markdown; lists omit it unless include=body is given")
    action: AskedAction | None
    facts: list[Fact]
    options: list[OfferedOption] = Field(description="The options; empty for kinds without options")
    comment: AskedComments | None = Field(default=None, description="For an approval whose decisions have comments")
    edit: Literal[True] | dict[str, Any] | None = Field(
        default=None,
        description="For an approval whose arguments people can change, as it was sent; lists omit it like `schema`",
    )
    respond: bool | None = Field(default=None, description="For an approval that people can reply to: true")
    multiple: Multiple | None = Field(default=None, description="For a choice of several options")
    input: Input | None = Field(default=None, description="For a text: the input in which people write")
    suggestions: list[str] | None = Field(default=None, description="For a text: what one click answers with")
    questions: list[AskedQuestion] | None = Field(default=None, description="For several questions: each of them")
    schema_: dict[str, Any] | None = Field(
        default=None,
        alias="schema",
        description="For a form: the JSON Schema of the values; lists omit it unless include=body is given",
    )
    initial: dict[str, Any] | None = Field(default=None, description="For a form: values that the inputs start with")
    order: list[str] | None = Field(default=None, description="For a form: JSON pointers in the order of the inputs")
    submit: str | None = Field(default=None, description="For a form: the text of its button")
    decline: bool | None = Field(
        default=None, description="For a form, a text and several questions: whether people can refuse to answer"
    )
    truncated: list[str] = Field(
        description="JSON pointers of the fields that a card shortens, such as /body; empty until a card is posted"
    )
    to: list[Recipient] = Field(description="In the order in which the request has them")
    responders: AllowedResponders
    outsiders: Literal["refuse", "allow"] = Field(description="Whether people from other organizations can answer")
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
    expires_at: datetime | None = Field(description="null: it belongs to a thing, and has no deadline")
    answered_at: datetime | None
    heard_at: datetime | None
    receipt: Receipt | None
    thing: str | None = Field(
        default=None,
        description="The thing, such as `rec_…`, that this is what people can do to; missing in a question",
    )


class Page(BaseModel):
    """Some of the questions of an organization, newest first."""

    items: list[Interaction]
    next_cursor: str | None = Field(description="Cursor of the next page; null: this is the last page")


class Moment(BaseModel):
    """One thing that happened to a question."""

    at: datetime
    type: str
    message: str = Field(description="The event in words")
    by: str | None = Field(description="The Slack user who acted")
    verdict: Verdict | None = Field(description="For clicks: the result")
    detail: dict[str, Any] = Field(description="The event as fields, which depend on the type")


class Timeline(BaseModel):
    """Why a question is not answered, or how it was: what it is now, and everything that happened, oldest first."""

    status: Status
    message: str = Field(description="The status in words, with what to do next")
    cards: list[CardCopy] = Field(description="`reason` says why a card has not been posted yet")
    items: list[Moment]


class Event(BaseModel):
    """One thing that happened to a question of yours."""

    id: str = Field(examples=["evt_01jdq2r4p0e9qvzz4xa9w7btga"], description="The position to resume after")
    type: EventType
    timestamp: datetime = Field(description="When it was recorded")
    data: Interaction = Field(description="The question at the time of delivery: as of this event or newer")


class ProblemError(BaseModel):
    """One place in the body and what is wrong there."""

    pointer: str = Field(description="A JSON pointer (RFC 6901)")
    message: str


class Problem(BaseModel):
    """RFC 9457: what could not be done, and what to do about it."""

    type: str = Field(description="A stable URN")
    title: str
    status: int
    detail: str
    errors: list[ProblemError] | None = None
    interaction: Interaction | None = Field(
        default=None,
        description="With 409: the current state of the conflicting question, with its answer if there is one",
    )
    thing: dict[str, Any] | None = Field(
        default=None, description="With 409 about a thing: its current state, as the resource of this type"
    )
    missing: list[str] | None = Field(
        default=None, description="With 409 about a thing: the ids of what must be done before"
    )
