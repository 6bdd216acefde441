"""The rows of the sandbox's world: who is there, where they talk, what was said. They are replaced, never changed."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class App:
    """One installed app with the two secrets it shares with Slack."""

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One team and the apps installed in it."""

    id: str
    name: str
    domain: str
    apps: tuple[App, ...]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who can be seen in the workspace; a stranger's home is another team."""

    id: str
    name: str
    real_name: str
    team_id: str
    color: str
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A place to talk. A direct message is a channel whose members are its two ends, for ever."""

    id: str
    name: str
    members: frozenset[str]
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
