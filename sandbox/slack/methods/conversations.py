"""conversations.*: opening direct messages, looking at channels, reading what was said."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack import shapes
from sandbox.slack.arguments import number, truth
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Channel, Json, Message

_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")
_Row = TypeVar("_Row")


def open_(call: Call) -> Json:
    """The direct message with one person; asking again gives the same one. Groups are not offered here."""
    if call.arguments.get("channel"):
        channel = call.channel()
        return {"channel": _opened(call, channel), "already_open": True, "no_op": True}
    users = [user.strip() for user in call.text("users", missing="users_list_not_supplied").split(",")]
    if len(users) > 1:
        raise SlackError("method_not_supported_for_channel_type")
    if users[0] not in call.world.people:
        raise SlackError("user_not_found")
    if users[0] == call.app.bot_user_id:
        raise SlackError("cannot_dm_bot")
    before = len(call.world.channels)
    channel = call.world.open_dm(users[0], call.app.bot_user_id)
    known = {"already_open": True, "no_op": True} if len(call.world.channels) == before else {}
    return {"channel": _opened(call, channel), **known}


def info(call: Call) -> Json:
    channel = call.channel(joined=False)
    shape = shapes.conversation(channel, call.world, app=call.app)
    if truth(call.arguments.get("include_num_members")):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def list_(call: Call) -> Json:
    """The channels the bot sees, of the asked types; only public ones unless asked."""
    types = str(call.arguments.get("types") or "public_channel").split(",")
    bot = call.world.people[call.app.bot_user_id]
    without_archived = truth(call.arguments.get("exclude_archived"))
    found = [
        channel
        for channel in call.world.channels.values()
        if call.world.sees(bot, channel)
        and _type(channel) in [type_.strip() for type_ in types]
        and not (without_archived and channel.is_archived)
    ]
    page, cursor = _page(call, found, default=100)
    shapes_ = [shapes.conversation(channel, call.world, app=call.app) for channel in page]
    return {"channels": shapes_, "response_metadata": {"next_cursor": cursor}}


def history(call: Call) -> Json:
    """Newest first; replies are told by conversations.replies, ephemerals nowhere."""
    channel = call.channel()
    lasting = [said for said in call.world.lasting(channel.id) if not said.is_reply or said.reply_broadcast]
    page, cursor = _page(call, _between(call, lasting)[::-1], default=100)
    return _messages(call, page, cursor) | {"pin_count": 0}


def replies(call: Call) -> Json:
    """The parent and its replies, oldest first."""
    channel = call.channel()
    asked = call.world.message(channel=channel.id, ts=call.text("ts", missing="thread_not_found"))
    if asked is None or asked.ephemeral_to is not None:
        raise SlackError("thread_not_found")
    parent = call.world.message(channel=channel.id, ts=asked.thread_ts or asked.ts)
    if parent is None:
        raise SlackError("thread_not_found")
    page, cursor = _page(call, [parent, *_between(call, call.world.replies(parent))], default=1000)
    return _messages(call, page, cursor)


def _opened(call: Call, channel: Channel) -> Json:
    if truth(call.arguments.get("return_im")):
        return shapes.conversation(channel, call.world, app=call.app)
    return {"id": channel.id}


def _type(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _between(call: Call, messages: Sequence[Message]) -> list[Message]:
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = truth(call.arguments.get("inclusive"))
    kept = []
    for said in messages:
        moment = _microseconds(said.ts)
        after = oldest is None or moment > oldest or (inclusive and moment == oldest)
        before = latest is None or moment < latest or (inclusive and moment == latest)
        if after and before:
            kept.append(said)
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


def _page(call: Call, rows: Sequence[_Row], *, default: int) -> tuple[Sequence[_Row], str]:
    """One page of the rows and the cursor of the next, empty when there is none."""
    limit = number(call.arguments, "limit", default=default, most=999)
    start = _start(call.arguments.get("cursor"))
    end = start + limit
    return rows[start:end], base64.b64encode(f"next:{end}".encode()).decode() if end < len(rows) else ""


def _start(cursor: object) -> int:
    if not cursor:
        return 0
    try:
        name, _, place = base64.b64decode(str(cursor), validate=True).decode().partition(":")
        if name != "next":
            raise SlackError("invalid_cursor")
        return max(0, int(place))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None


def _messages(call: Call, page: Sequence[Message], cursor: str) -> Json:
    all_metadata = truth(call.arguments.get("include_all_metadata"))
    told = [shapes.message(said, call.world, all_metadata=all_metadata) for said in page]
    answer: Json = {"messages": told, "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})
