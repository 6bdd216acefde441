"""The scopes that a token needs for each method, and Slack's error for a token without them."""

from collections.abc import Mapping
from types import MappingProxyType

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Installation

ANY_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bots.info": ("users:read",),
        "users.info": ("users:read",),
        "users.list": ("users:read",),
        "chat.postMessage": ("chat:write",),
        "chat.update": ("chat:write",),
        "chat.delete": ("chat:write",),
        "chat.postEphemeral": ("chat:write",),
        "conversations.open": ("channels:manage", "groups:write", "im:write", "mpim:write"),
        "conversations.info": ("channels:read", "groups:read", "mpim:read", "im:read"),
        "conversations.list": ("channels:read", "groups:read", "mpim:read", "im:read"),
        "conversations.history": ("channels:history", "groups:history", "mpim:history", "im:history"),
        "conversations.replies": ("channels:history", "groups:history", "mpim:history", "im:history"),
    }
)
"""Any one of the scopes suffices. A method that is not listed needs no scope."""

# In its error Slack still names this scope as it was called for classic apps.
_NAMED_AS = {"chat:write": "chat:write:bot"}


def of_method(method: str) -> tuple[str, ...]:
    return ANY_OF.get(method, ())


def of_channel(channel: Channel, verb: str) -> str:
    """The scope to read this type of channel (verb "read") or its history (verb "history")."""
    if channel.is_im:
        return f"im:{verb}"
    return f"groups:{verb}" if channel.is_private else f"channels:{verb}"


def check(any_of: tuple[str, ...], *, installation: Installation) -> None:
    if any_of and not set(any_of) & set(installation.scopes):
        raise missing(any_of, installation=installation)


def missing(any_of: tuple[str, ...], *, installation: Installation) -> SlackError:
    needed = ",".join(_NAMED_AS.get(scope, scope) for scope in any_of)
    return SlackError("missing_scope", needed=needed, provided=",".join(installation.scopes))
