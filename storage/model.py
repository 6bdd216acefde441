"""The rows as values: what is stored, and what it may become."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

Json: TypeAlias = dict[str, Any]


class Status(StrEnum):
    """Where an interaction is in its life; every status but pending is final and never changes."""

    PENDING = "pending"  # created; the only status that can be claimed
    ANSWERED = "answered"  # by a person's winning click, or by the default asked for
    EXPIRED = "expired"  # its deadline passed, and somebody could have seen a card
    CANCELLED = "cancelled"  # by the agent or an operator
    SUPERSEDED = "superseded"  # by a newer interaction that named it
    UNREACHABLE = "unreachable"  # no copy can or could be shown


class Verdict(StrEnum):
    """What became of one click."""

    WON = "won"
    RECORDED = "recorded"  # the winner's new click on the same choice
    DECIDED = "decided"  # the winner clicks another choice, or gives other words, afterwards
    OPENED = "opened"  # a click that asks for a form passed every check; nothing is taken
    MISTAKEN = "mistaken"  # a submission has mistakes that a person can mend; nothing is taken
    TAKEN = "taken"  # someone else answered, or the default did
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    UNREACHABLE = "unreachable"
    OUTSIDER = "outsider"  # of another workspace, and outsiders were not allowed
    NOT_YOURS = "not_yours"  # not among the responders
    GONE = "gone"  # no such row, or no such choice, in this scope
    UNAVAILABLE = "unavailable"  # could not be confirmed in time; never stored


def verdict(text: str) -> Verdict | str:
    """A stored verdict; one of a later release stays the text that it is, and is left alone."""
    try:
        return Verdict(text)
    except ValueError:
        return text


class Intent(StrEnum):
    """What a click or a submission asks of the claim; what would be won is taken by the first alone."""

    ANSWER = "answer"
    OPEN = "open"  # a form, before anything can be answered
    MISTAKEN = "mistaken"  # nothing: what was submitted has mistakes


class CardStatus(StrEnum):
    """What one copy of a card shows, in the words of the agents' API."""

    QUEUED = "queued"  # not on any screen yet
    POSTED = "posted"  # on a screen, with its buttons
    SETTLED = "settled"  # shows the final status, or need never be shown
    FAILED = "failed"  # given up, with a reason


class EventType(StrEnum):
    """What is told in an organization's feed; what happens to its cards is in the timelines only."""

    CREATED = "interaction.created"
    POSTED = "interaction.posted"  # a copy of its card appeared, once for each
    ANSWERED = "interaction.answered"
    EXPIRED = "interaction.expired"
    CANCELLED = "interaction.cancelled"
    SUPERSEDED = "interaction.superseded"
    UNREACHABLE = "interaction.unreachable"
    PICKED_UP = "interaction.picked_up"  # these three are its agent's receipts
    SUCCEEDED = "interaction.succeeded"
    FAILED = "interaction.failed"


ENDS: Final = frozenset(EventType(f"interaction.{status}") for status in Status if status is not Status.PENDING)
"""The events that tell how a question ended."""


class Progress(StrEnum):
    """What an agent reports of an answer it acts on, in this order; one of the last two is the end."""

    PICKED_UP = "picked_up"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DeliveryStatus(StrEnum):
    """Where the duty to tell one receiver of one event is in its life; a replay begins it anew."""

    PENDING = "pending"  # due now or later
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # given up after the last attempt, or with its endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a row belongs: one organization, one of its Slack installations."""

    organization_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    organization_id: UUID
    name: str
    created_at: datetime
    disabled_at: datetime | None  # since when no key of it opens a door


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An agent's API key, without anything that could open a door: only its digest is stored."""

    organization_id: UUID
    id: UUID
    name: str  # the verified sender on every card
    prefix: str  # the first characters, for telling keys apart in a list
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One Slack installation owned by one organization."""

    organization_id: UUID
    id: UUID
    app_id: str
    enterprise_id: str | None  # set inside an Enterprise organization
    team_id: str | None  # None for an organization-wide install
    home_teams: list[str]  # whose people are not outsiders
    bot_user_id: str
    name: str  # the workspace's name, for people
    created_at: datetime
    disabled_at: datetime | None

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What changes when an interaction ends."""

    status: Status
    responders: list[str] | None  # None: anyone who can see the card
    answer: Json | None  # the chosen entry of the interaction's answers with `by` and `via`
    choice: str | None
    reason: Json | None  # {code, detail, fix}
    superseded_by: UUID | None
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Life):
    """A question as it is stored."""

    organization_id: UUID
    connection_id: UUID
    id: UUID
    kind: str
    request: Json  # the content as the kind's model accepted it; immutable
    digest: str  # SHA-256 over kind, title, body, action and options, in hexadecimal
    answers: Json  # choice -> the answer that a bare click on it wins
    forms: Json  # choice -> the answer that a submission with words completes
    home_teams: list[str] | None  # None: outsiders may answer
    key_id: UUID
    asked_by: str  # the key's name when it asked
    tags: list[str]
    metadata: Json
    idempotency_key: str | None
    supersedes: UUID | None
    on_expiry: str | None  # the choice that counts when the deadline passes
    cards_left: int  # copies not yet shown and not given up
    cards_shown: int  # copies that are, or may be, on a screen
    heard_at: datetime | None  # when the agent was first given the end
    unheard: bool | None  # cards say that nobody heard the answer; None: asked where nobody remembers
    receipt: Json | None  # {status, summary, url, picked_up_at, at}: what the agent reported last
    created_at: datetime
    read_at: datetime = field(compare=False)  # when it was read, by the database's clock

    @property
    def is_overdue(self) -> bool:
        """Whether its deadline has passed and its end is not written yet: it must be, before this is told to anyone."""
        return self.status is Status.PENDING and self.expires_at <= self.read_at

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.connection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """Where a copy lives."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One copy of an interaction on one address; its handle is channel + ts once posted."""

    organization_id: UUID
    connection_id: UUID
    interaction_id: UUID
    id: UUID
    ordinal: int
    address: Json  # {"user": "U…"} or {"channel": "C…", "thread_ts"?: "…"}
    channel: str | None
    ts: str | None
    permalink: str | None
    wanted: int  # the version this copy should show
    shown: int  # the version it shows; 0: none yet
    maybe_shown: bool  # a send whose outcome nobody knows was made
    attempt: int  # counts leases; the fence of every write-back
    failures: int  # failed calls since the last success; sets the back-off
    plain: bool  # Slack refused the full form of this copy; the plainer one is shown
    settled: bool  # it shows the end, whatever else it is still to show
    due_at: datetime
    leased_until: datetime | None
    given_up_at: datetime | None
    reason: Json | None  # {code, detail, fix} of the last failure

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.connection_id)

    @property
    def handle(self) -> Handle | None:
        """Where this copy lives; None while it is on no screen."""
        return Handle(channel=self.channel, ts=self.ts) if self.channel and self.ts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where an organization wants to be called. Its secret is made from its id and generation, and never stored."""

    organization_id: UUID
    id: UUID
    url: str
    types: list[str] | None  # None: every final status, and nothing else
    generation: int
    rotated_at: datetime | None
    failing_since: datetime | None  # nothing was accepted since
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None  # asked, gone, failing


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The duty to tell one endpoint of one event, as its list shows it."""

    event_id: UUID
    interaction_id: UUID
    type: str
    status: DeliveryStatus
    failures: int  # since it was made, or replayed
    due_at: datetime
    outcome: Json | None  # {status, detail} of the last attempt
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of an organization's feed."""

    position: int  # counts up in its organization, not without gaps
    id: UUID
    interaction_id: UUID
    type: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One entry of an interaction's timeline."""

    at: datetime
    type: str
    by: str | None
    verdict: Verdict | str | None  # of a click; a str that is no Verdict: stored by a later release
    detail: Json
