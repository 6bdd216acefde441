"""conversations.*: opening direct messages, describing and listing channels, reading messages."""

import re
from collections.abc import Sequence

from sandbox.slack import limits, shapes
from sandbox.slack.arguments import truth
from sandbox.slack.errors import SlackError
from sandbox.slack.methods import scopes
from sandbox.slack.methods.call import Call
from sandbox.slack.methods.paging import page
from sandbox.slack.model import Channel, Json, Message

_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")
_SCOPES = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "mpim": "mpim:read",
    "im": "im:read",
}


def open_(call: Call) -> Json:
    """Open the direct message with one person; a second call returns the same one. Groups are not supported."""
    if call.arguments.get("channel"):
        channel = call.channel()
        return {"channel": _opened(call, channel), "already_open": True, "no_op": True}
    users = [user.strip() for user in call.text("users", missing="users_list_not_supplied").split(",")]
    if len(users) > 1:
        raise limits.feature("method_not_supported_for_channel_type", "group direct messages")
    person = call.person(users[0])
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    if person.is_deleted:
        raise SlackError("user_disabled")
    before = len(call.world.channels)
    channel = call.world.open_dm(users[0], bot=call.installation)
    known = {"already_open": True, "no_op": True} if len(call.world.channels) == before else {}
    return {"channel": _opened(call, channel), **known}


def info(call: Call) -> Json:
    channel = call.channel(joined=False)
    call.needs(scopes.of_channel(channel, "read"))
    shape = shapes.conversation(channel, call.world, seen_by=call.installation)
    if truth(call.arguments.get("include_num_members")):
        shape["num_members"] = len(call.world.active_members(channel))
    return {"channel": shape}


def list_(call: Call) -> Json:
    """The channels of the given types that the bot sees in one workspace; by default public channels."""
    types = [type_.strip() for type_ in str(call.arguments.get("types") or "public_channel").split(",")]
    for type_ in types:
        if type_ not in _SCOPES:
            raise SlackError("invalid_types")
        call.needs(_SCOPES[type_])
    team_ids = call.team_ids()
    without_archived = truth(call.arguments.get("exclude_archived"))
    found = [
        channel
        for channel in call.world.channels.values()
        if call.world.sees(call.bot, channel)
        and (not call.installation.is_org_wide or not call.world.shared_by(channel).isdisjoint(team_ids))
        and _type(channel) in types
        and not (without_archived and channel.is_archived)
    ]
    shown, cursor = page(call, found, default=100)
    return {"channels": [_listed(call, channel) for channel in shown], "response_metadata": {"next_cursor": cursor}}


def _listed(call: Call, channel: Channel) -> Json:
    """The channel in a list: always with `num_members`, never with `last_read`."""
    shape = shapes.conversation(channel, call.world, seen_by=call.installation)
    shape.pop("last_read", None)
    return shape if channel.is_im else shape | {"num_members": len(call.world.active_members(channel))}


def history(call: Call) -> Json:
    """Messages, newest first, without ephemerals and without replies in threads, except broadcast ones."""
    channel = call.channel()
    call.needs(scopes.of_channel(channel, "history"))
    lasting = [message for message in call.world.lasting(channel.id) if not message.is_reply or message.reply_broadcast]
    shown, cursor = page(call, _between(call, lasting)[::-1], default=100)
    return _messages(call, shown, cursor) | {
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }


def replies(call: Call) -> Json:
    """The parent of a thread, or its tombstone, and its replies, oldest first."""
    channel = call.channel()
    call.needs(scopes.of_channel(channel, "history"))
    found = call.world.message_or_tombstone(channel=channel.id, ts=call.text("ts", missing="thread_not_found"))
    if found is None or found.ephemeral_to is not None:
        raise SlackError("thread_not_found")
    parent = call.world.message_or_tombstone(channel=channel.id, ts=found.thread_ts or found.ts)
    if parent is None:
        raise SlackError("thread_not_found")
    shown, cursor = page(call, [parent, *_between(call, call.world.replies(parent))], default=1000)
    return _messages(call, shown, cursor)


def _opened(call: Call, channel: Channel) -> Json:
    if truth(call.arguments.get("return_im")):
        return shapes.conversation(channel, call.world, seen_by=call.installation)
    return {"id": channel.id}


def _type(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _between(call: Call, messages: Sequence[Message]) -> list[Message]:
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = truth(call.arguments.get("inclusive"))
    kept = []
    for message in messages:
        moment = _microseconds(message.ts)
        after = oldest is None or moment > oldest or (inclusive and moment == oldest)
        before = latest is None or moment < latest or (inclusive and moment == latest)
        if after and before:
            kept.append(message)
    return kept


def _moment(call: Call, name: str) -> int | None:
    value = call.arguments.get(name)
    if value is None or value in ("", "now"):
        return None
    if not _TS.fullmatch(str(value)):
        raise SlackError(f"invalid_ts_{name}")
    return _microseconds(str(value))


def _microseconds(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0") or 0)


def _messages(call: Call, messages: Sequence[Message], cursor: str) -> Json:
    all_metadata = truth(call.arguments.get("include_all_metadata"))
    rows = [shapes.message(one, call.world, all_metadata=all_metadata) for one in messages]
    answer: Json = {"messages": rows, "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})
