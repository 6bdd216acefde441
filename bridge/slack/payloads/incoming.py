"""The closed set of payloads from Slack. The type checker checks that every `match` on `Incoming` is complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from bridge.forms import codec
from bridge.forms.codec import FormTarget
from bridge.slack.payloads import fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactive:
    """The installation and the person of every payload about a button, a form or a shortcut."""

    app_id: str
    enterprise_id: str | None
    team_id: str | None  # the workspace whose installation this is; null in an organization-wide install
    is_enterprise_install: bool
    user_id: str
    user_name: str | None
    user_team: str | None  # the workspace of the person; an outsider has another one than the installation

    @property
    def installed_team(self) -> str | None:
        """The workspace under which the installation is stored; None for an organization-wide installation."""
        return None if self.is_enterprise_install else self.team_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Interactive):
    """A person used an element of a message: which message, and which choice.

    `interaction` or `choice` is None if the bridge did not make the element; the verdict is then `gone`.
    """

    claim_id: bytes
    channel: str | None
    ts: str | None
    thread_ts: str | None  # set if the card is in a thread
    is_ephemeral: bool
    interaction: UUID | None
    choice: str | None
    thing: tuple[str, UUID] | None = None  # noun and id of the thing whose round was clicked, if the message says it
    opens: bool  # the element opens a form, and does not answer by itself
    shows: bool = False  # the element shows the full text of the action, and has no choice
    is_on_note: bool = False  # the message is a note in the thread of a card, not a card
    is_unselected: bool = False  # the button submits the choice of a menu, and nothing is selected there
    trigger_id: str | None = None  # opens one form, within 3 s
    response_url: str | None = field(repr=False)  # a bearer secret: its holder can post to the conversation
    foreign_host: str | None = None  # of a response URL that is not Slack's, and is therefore not used


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackView(Interactive):
    """The form that a person used.

    `team_id` is the workspace that has the app, also when the person is from another organization; `enterprise_id` may
    then be that person's, so the installation is found by app and workspace alone.
    """

    view_id: str
    callback_id: str | None
    target: FormTarget | None  # None if the bridge did not make the form


@dataclass(frozen=True, slots=True, kw_only=True)
class FormValues:
    """What the inputs of a form contained, by field; a field that was not sent, or not readably, is in neither."""

    texts: Mapping[str, str] = field(default_factory=dict)  # "" for an empty input
    selected: Mapping[str, Sequence[str]] = field(default_factory=dict)  # the values of the selected options, as sent
    is_later: bool = False  # there are inputs that only a later release can read


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(SlackView):
    """A person sent a form; a repeat of the same request has the same claim id."""

    claim_id: bytes
    values: FormValues
    inputs: Sequence[str]  # the block_ids of the input blocks that the person saw

    @property
    def click(self) -> Click:
        """The same as a click on the card, which what was entered completes; there is no response URL."""
        return _click(self, choice=self.target.choice if self.target else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(SlackView):
    """A person closed a form without sending it."""

    is_cleared: bool  # the whole stack of forms was closed, not only the one on top


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAction(SlackView):
    """A person used an element of a form that is not an input, such as a button that shows another page."""

    claim_id: bytes
    action_id: str | None
    trigger_id: str | None
    hash: str | None  # of the version of the form that the person saw
    values: FormValues = field(default_factory=FormValues)  # what its inputs contained
    inputs: Sequence[str] = ()  # the block_ids of the input blocks that the person saw

    @property
    def goes_back(self) -> bool:
        """Whether the person wants to see the page before this one of a form."""
        target = self.target
        is_back = self.callback_id == codec.ANSWER and self.action_id == codec.BACK
        return is_back and target is not None and target.page > 0 and target.form is not None

    @property
    def page(self) -> int | None:
        """The page of a full text that the person wants to see; None for another element."""
        return codec.page_of(self.action_id) if self.callback_id == codec.FULL and self.target else None

    @property
    def click(self) -> Click:
        """The same as a click on the card that shows the full text, or opens the form; there is no response URL."""
        if self.goes_back:
            return _click(self, choice=self.target.choice if self.target else None)
        return _click(self, choice=None, shows=True)


def _click(used: Submission | ViewAction, *, choice: str | None, shows: bool = False) -> Click:
    """The click on the card to which the use of a form is equal."""
    target = used.target
    return Click(
        app_id=used.app_id,
        enterprise_id=used.enterprise_id,
        team_id=used.team_id,
        is_enterprise_install=used.is_enterprise_install,
        user_id=used.user_id,
        user_name=used.user_name,
        user_team=used.user_team,
        claim_id=used.claim_id,
        channel=fields.handle(target.channel) if target else None,
        ts=fields.ts(target.ts) if target else None,
        thread_ts=fields.ts(target.thread_ts) if target else None,
        is_ephemeral=False,
        interaction=target.interaction if target else None,
        choice=choice,
        opens=False,
        shows=shows,
        response_url=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut(Interactive):
    """A person used a shortcut of the app; `channel` and `ts` name the message of a message shortcut."""

    type: str  # `shortcut` or `message_action`
    callback_id: str | None
    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion(Interactive):
    """A person types into a menu whose options come from the app."""

    action_id: str | None
    block_id: str | None
    value: str | None  # the text typed so far


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDecide:
    """A person followed a button that is a link, or selected an option in a menu that has a button to submit it.

    Slack expects an acknowledgement.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackEvent:
    """One event of the Events API; Slack retries it with the same `event_id`."""

    type: str
    event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlVerification:
    """Slack verifies the request URL: the response must contain the challenge."""

    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SslCheck:
    """Slack checks the TLS certificate; any response with 200 is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """Well-formed, but of a type that this release does not handle; it is acknowledged with 200."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Signed, but malformed; `why` is for the log and quotes nothing of the payload."""

    why: str


Incoming: TypeAlias = (
    Click
    | Submission
    | Closing
    | ViewAction
    | Shortcut
    | Suggestion
    | NothingToDecide
    | Command
    | SlackEvent
    | UrlVerification
    | SslCheck
    | Unsupported
    | Unreadable
)
