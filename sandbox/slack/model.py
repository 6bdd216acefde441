"""The rows of the sandbox's world: workspaces, apps, people, channels, messages. Rows are replaced, never mutated."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

HOME = "T0SANDBOX"
"""The workspace that exists from the start, and the default workspace of a channel."""


@dataclass(frozen=True, kw_only=True)
class Enterprise:
    """An Enterprise organization, which holds several workspaces."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One workspace (Slack's "team"), inside an Enterprise organization or on its own."""

    id: str
    name: str
    domain: str
    enterprise_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class App:
    """An app as its developer registered it: one row, however often the app is installed."""

    id: str
    name: str
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One app installed in one workspace or in a whole Enterprise organization, with its bot and the bot's token.

    `team_id` is None for an organization-wide installation, which works in the workspaces of `granted` only: in none
    until an administrator has added it to some. `revoked` is the error word with which Slack refuses a dead token.
    """

    app: App
    enterprise_id: str | None = None
    team_id: str | None
    bot_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    revoked: str | None = None

    @property
    def id(self) -> str:
        """The app's id."""
        return self.app.id

    @property
    def name(self) -> str:
        return self.app.name

    @property
    def signing_secret(self) -> str:
        return self.app.signing_secret

    @property
    def is_org_wide(self) -> bool:
        return self.team_id is None

    @property
    def team_ids(self) -> tuple[str, ...]:
        """The ids of the workspaces in which the installation works."""
        return self.granted if self.team_id is None else (self.team_id,)

    @property
    def place(self) -> str:
        """The id of the workspace or of the Enterprise organization in which the app is installed."""
        return self.team_id or self.enterprise_id or ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person or a bot; `team_id` is the person's home workspace."""

    id: str
    name: str
    real_name: str
    team_id: str
    color: str
    is_bot: bool = False
    is_guest: bool = False
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel of one workspace. A direct message is a channel with exactly two members, who never change."""

    id: str
    name: str
    members: frozenset[str]
    team_id: str = HOME
    created: int = 0
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message in one channel; an ephemeral one is seen only by the person whose id is `ephemeral_to`."""

    channel: str
    ts: str
    user: str
    text: str
    app_id: str | None = None
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    thread_ts: str | None = None
    reply_broadcast: bool = False
    edited_ts: str | None = None
    ephemeral_to: str | None = None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts
