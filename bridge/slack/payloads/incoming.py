"""The closed set of what Slack sends. Every `match` on `Incoming` is checked for completeness by the type checker."""

from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactive:
    """What every use of a button, a form or a shortcut says: whose installation, and who."""

    app_id: str
    enterprise_id: str | None
    team_id: str | None  # the workspace whose installation this is; null in an organization-wide install
    is_enterprise_install: bool
    user_id: str
    user_name: str | None
    user_team: str | None  # the person's own workspace: another one's for an outsider

    @property
    def installed_team(self) -> str | None:
        """The workspace under which the installation is stored: None for an organization-wide one, wherever used."""
        return None if self.is_enterprise_install else self.team_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Interactive):
    """A person chose something on a message: where, and what.

    `interaction` or `choice` is None when the element is not one of ours; the verdict is then `gone`.
    """

    claim_id: bytes
    channel: str | None
    ts: str | None
    thread_ts: str | None  # set when the card stands in a thread
    is_ephemeral: bool
    interaction: UUID | None
    choice: str | None
    opens: bool  # the element asks for a form, and can answer nothing by itself
    response_url: str | None = field(repr=False)  # a bearer secret: its holder can write into the conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackView(Interactive):
    """A form a person sent or closed: which one.

    `team_id` is the workspace that has the app, also when the person is from another organization; `enterprise_id` may
    then be that person's, so the installation is found by app and workspace alone.
    """

    view_id: str
    callback_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(SlackView):
    """A person sent a form; a repeat of the same request has the same claim id."""

    claim_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(SlackView):
    """A person closed a form without sending it."""

    is_cleared: bool  # the whole stack of forms was closed, not only the one on top


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut(Interactive):
    """A person used a shortcut of the app; `channel` and `ts` name the message of a message shortcut."""

    type: str  # "shortcut" or "message_action"
    callback_id: str | None
    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion(Interactive):
    """A person types into a menu whose options the app gives."""

    action_id: str | None
    block_id: str | None
    value: str | None  # what was typed so far


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOpened:
    """A person followed a button that is a link. Slack tells us, and wants an ack; there is nothing to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command."""

    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackEvent:
    """One event of the Events API; retried by Slack with the same `event_id`."""

    type: str
    event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlVerification:
    """Slack asks whether the request URL is ours: the answer is the challenge."""

    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SslCheck:
    """Slack looks whether the certificate is good; any 200 will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """Well-formed, and of a type this release does nothing with; it deserves a calm 200."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Signed, but not of Slack's form; `why` is for the log and quotes nothing of it."""

    why: str


Incoming: TypeAlias = (
    Click
    | Submission
    | Closing
    | Shortcut
    | Suggestion
    | LinkOpened
    | Command
    | SlackEvent
    | UrlVerification
    | SslCheck
    | Unsupported
    | Unreadable
)
