"""The rows as immutable values, and the states that they can have."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

Json: TypeAlias = dict[str, Any]

LAST_ID: Final = UUID(int=2**128 - 1)
"""Greater than every id: the first page of a list begins before it."""


class Status(StrEnum):
    """The status of an interaction; every status but pending is final and never changes."""

    PENDING = "pending"  # created; the only status that can be claimed
    ANSWERED = "answered"  # by a person's winning click, or by the default answer that the agent chose
    EXPIRED = "expired"  # its deadline passed, and a card was, or may have been, shown
    CANCELLED = "cancelled"  # by the agent or an operator
    SUPERSEDED = "superseded"  # by a newer interaction that named it
    UNREACHABLE = "unreachable"  # no card could be shown


class Verdict(StrEnum):
    """The result of one click."""

    WON = "won"
    RECORDED = "recorded"  # another click of the winner on the same choice
    DECIDED = "decided"  # the winner clicked another choice, or gave other words, afterwards
    OPENED = "opened"  # a click that asks for a form or the full text passed every check; nothing is claimed
    MISTAKEN = "mistaken"  # nothing is selected, or a form has mistakes that a person can correct; nothing is claimed
    REFUSED = "refused"  # the thing behind the round does not allow it now; nothing is claimed
    ADDED = "added"  # a submission added something to a thing; nothing is decided
    TAKEN = "taken"  # answered by another person, or by the default
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    UNREACHABLE = "unreachable"
    OUTSIDER = "outsider"  # the clicker is of another workspace, and outsiders may not answer
    NOT_YOURS = "not_yours"  # the clicker is not among the responders
    GONE = "gone"  # no such interaction, or no such choice, in this scope
    UNAVAILABLE = "unavailable"  # could not be confirmed in time; never stored


def verdict(text: str) -> Verdict | str:
    """Return a stored verdict; a verdict that only a later release knows stays a plain str."""
    try:
        return Verdict(text)
    except ValueError:
        return text


class Intent(StrEnum):
    """What a click or a submission asks of the claim; only ANSWER can win."""

    ANSWER = "answer"
    OPEN = "open"  # the click opens a form, and only the form's submission can answer
    SHOW = "show"  # the click shows the full text of the action
    MISTAKEN = "mistaken"  # nothing is selected, or the form has mistakes: the claim only checks
    ADD = "add"  # the submission adds something to a thing, whatever became of its round


class CardStatus(StrEnum):
    """The state of one card, in the words of the agents' API."""

    QUEUED = "queued"  # not posted yet
    POSTED = "posted"  # posted, with its buttons
    SETTLED = "settled"  # shows the final status, or need never be shown
    FAILED = "failed"  # given up, with a reason


class EventType(StrEnum):
    """The types of the events in an organization's feed; events of cards are in the timelines only."""

    CREATED = "interaction.created"
    POSTED = "interaction.posted"  # once for each card that was posted
    ANSWERED = "interaction.answered"
    EXPIRED = "interaction.expired"
    CANCELLED = "interaction.cancelled"
    SUPERSEDED = "interaction.superseded"
    UNREACHABLE = "interaction.unreachable"
    PICKED_UP = "interaction.picked_up"  # this and the next two are the agent's receipts
    SUCCEEDED = "interaction.succeeded"
    FAILED = "interaction.failed"


ENDS: Final = frozenset(EventType(f"interaction.{status}") for status in Status if status is not Status.PENDING)
"""The events of an interaction's end."""


class Progress(StrEnum):
    """What an agent reports about an answer that it acts on: picked up first, then succeeded or failed."""

    PICKED_UP = "picked_up"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DeliveryStatus(StrEnum):
    """The status of the delivery of one event to one receiver; a replay makes it pending again."""

    PENDING = "pending"  # due now or later
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # given up, after the last attempt or because its endpoint was disabled or deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The owner of a row: an organization and one of its Slack installations."""

    organization_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    organization_id: UUID
    name: str
    created_at: datetime
    disabled_at: datetime | None  # since when its keys are refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An agent's API key without the secret, of which only a digest is stored."""

    organization_id: UUID
    id: UUID
    name: str  # shown as the verified sender on every card
    prefix: str  # the first characters, which distinguish keys in a list
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One Slack installation, owned by one organization."""

    organization_id: UUID
    id: UUID
    app_id: str
    enterprise_id: str | None  # set inside an Enterprise organization
    team_id: str | None  # None for an organization-wide installation
    home_teams: list[str]  # the workspaces whose members are not outsiders
    bot_user_id: str
    name: str  # the workspace's name, for people
    created_at: datetime
    disabled_at: datetime | None
    default_channel: str | None = None  # where cards of things go that are addressed to no one

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The state of an interaction that a claim decides on and that its end changes."""

    status: Status
    responders: list[str] | None  # None: everyone who can see the card
    answer: Json | None  # the chosen entry of the interaction's answers with `by` and `via`
    choice: str | None
    reason: Json | None  # {code, detail, fix}
    superseded_by: UUID | None
    expires_at: datetime
    ended_at: datetime | None
    unable: Json = field(default_factory=dict)  # responder -> the code of the reason why this person cannot answer

    @property
    def able_responders(self) -> list[str] | None:
        """The responders without those who cannot answer, as Slack says; None as for `responders`.

        All of them if none can: until the interaction has ended for that, its texts name the people it asks.
        """
        if self.responders is None:
            return None
        return [user for user in self.responders if user not in self.unable] or self.responders


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction(Life):
    """An interaction as it is stored."""

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
    on_expiry: str | None  # the choice that is taken when the deadline passes
    cards_left: int  # cards that are neither shown nor given up yet
    cards_shown: int  # cards that are, or may be, posted
    heard_at: datetime | None  # when the agent was first given the end
    unheard: bool | None  # its cards say that no agent acknowledged it; None: opened by a release without the column
    receipt: Json | None  # {status, summary, url, picked_up_at, at}: the agent's last report
    created_at: datetime
    read_at: datetime = field(compare=False)  # when it was read, by the database's clock
    thing_id: UUID | None = None  # it is a round of this thing, without a deadline

    @property
    def is_overdue(self) -> bool:
        """Whether its deadline has passed with no end written: the end must be written before this is reported."""
        return self.status is Status.PENDING and self.expires_at <= self.read_at

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.connection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """What an agent asked with an interaction; it never changes."""

    kind: str
    request: Json
    full_text: str | None = field(default=None, repr=False)  # of the action; read only to be shown

    @property
    def title(self) -> str:
        """The title of the question."""
        return str(self.request.get("title", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """The address of a posted card in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card of an interaction at one address; its handle is channel + ts once it is posted."""

    organization_id: UUID
    connection_id: UUID
    interaction_id: UUID
    id: UUID
    ordinal: int
    address: Json  # {"user": "U…"} or {"channel": "C…", "thread_ts"?: "…"}
    channel: str | None
    ts: str | None
    permalink: str | None
    wanted: int  # the version that it should show
    shown: int  # the version that it shows; 0: none yet
    maybe_shown: bool  # a post was sent whose outcome is unknown
    attempt: int  # counts leases; the fence of every write-back
    failures: int  # failed calls since the last success; sets the back-off
    plain: bool  # Slack refused its full form, so the plainer one is shown
    settled: bool  # it shows the end, even if a newer version is wanted
    due_at: datetime
    leased_until: datetime | None
    given_up_at: datetime | None
    reason: Json | None  # {code, detail, fix} of the last failure, or of why it waits
    truncated: list[str] | None = None  # pointers of the fields that it shows in part; None: unknown
    retired_at: datetime | None = None  # since when the cards of its thing are elsewhere
    unserved: bool = field(default=False, compare=False)  # no replica can post or edit it; False where it was not read

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.connection_id)

    @property
    def handle(self) -> Handle | None:
        """The address of the posted card; None if it is not posted."""
        return Handle(channel=self.channel, ts=self.ts) if self.channel and self.ts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A URL that is called about an organization's events.

    Its secret is derived from its id and generation, and never stored.
    """

    organization_id: UUID
    id: UUID
    url: str
    types: list[str] | None  # None: the events of every final status, and no others
    generation: int  # of the secret; a rotation adds 1
    rotated_at: datetime | None
    failing_since: datetime | None  # no delivery was accepted since
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None  # asked, gone, failing


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The delivery of one event to one receiver, as the list of deliveries shows it."""

    event_id: UUID
    interaction_id: UUID | None
    thing_id: UUID | None  # the event is of this thing, if not of an interaction
    type: str
    status: DeliveryStatus
    failures: int  # since it was written, or last replayed
    due_at: datetime
    outcome: Json | None  # {status, detail} of the last attempt
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One event of an organization's feed."""

    position: int  # counts up in its organization, not without gaps
    id: UUID
    interaction_id: UUID | None
    type: str
    at: datetime
    thing_id: UUID | None = None  # the event is of this thing, if not of an interaction
    detail: Json | None = None  # of an event of a thing: what changed


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One entry of an interaction's timeline."""

    at: datetime
    type: str
    by: str | None
    verdict: Verdict | str | None  # of a click; a str that is no Verdict: stored by a later release
    detail: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What things of all nouns have; the row of its noun's own table has the rest."""

    organization_id: UUID
    id: UUID
    noun: str
    connection_id: UUID
    key_id: UUID
    opened_by: str  # the key's name when it opened the thing
    addresses: list[Json]  # where its cards are
    asked_addresses: list[Json] | None  # where the agent wants its cards; None: its noun says where
    added_addresses: list[Json] = field(default_factory=list)  # where they are shown as well, wherever else they go
    responders: list[str] | None  # as the agent named them; None: its noun says who
    anyone: bool  # everyone who can see a card may act on it
    home_teams: list[str] | None  # None: people of other organizations may act on it
    agent: Json | None
    tags: list[str]
    metadata: Json
    callback: str | None
    anchor_id: UUID | None  # its first round, which its cards belong to
    moves: int  # the number of the latest one in its history
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None  # since when its status is final
    read_at: datetime = field(compare=False)  # by the database's clock

    @property
    def scope(self) -> Scope:
        return Scope(organization_id=self.organization_id, connection_id=self.connection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingTimelineEntry:
    """One entry of the timeline of a thing."""

    at: datetime
    type: str
    by: Json
    verdict: Verdict | str | None  # of a click
    detail: Json
