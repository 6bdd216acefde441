"""The rows of the sandbox's world: who is there, where they talk, what was said. They are replaced, never changed."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

HOME = "T0SANDBOX"
"""The workspace that is there from the start; a channel is its unless it says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Enterprise:
    """An Enterprise organization: several workspaces under one roof."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One team, inside an Enterprise organization or by itself."""

    id: str
    name: str
    domain: str
    enterprise_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class App:
    """What one developer made: known to Slack once, however often it is installed."""

    id: str
    name: str
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """One app in one workspace, or in a whole Enterprise organization: its bot there, and the token that speaks for it.

    `team_id` is None for an organization-wide one; it works in the workspaces of `granted`, and nowhere until an
    administrator has added it to some. `revoked` is Slack's word for a token that is dead.
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
        """The workspaces it speaks for."""
        return self.granted if self.team_id is None else (self.team_id,)

    @property
    def place(self) -> str:
        """Where it is installed: the id of the workspace or of the whole organization."""
        return self.team_id or self.enterprise_id or ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who can be seen in a workspace; `team_id` is where they are at home."""

    id: str
    name: str
    real_name: str
    team_id: str
    color: str
    is_bot: bool = False
    is_guest: bool = False


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A place to talk in one workspace. A direct message is a channel whose members are its two ends, for ever."""

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
    """What was said, once, in one channel; `ephemeral_to` names the one person who sees it, if there is one."""

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
