"""Channels and messages as Slack's JSON."""

from collections.abc import Iterable
from typing import Any

from sandbox.slack.model import Channel, Installation, Json, Message
from sandbox.slack.world import World


def conversation(channel: Channel, world: World, *, seen_by: Installation) -> Json:
    """A channel as the app sees it. A direct message has the other person's id and few other fields."""
    common = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "context_team_id": seen_by.team_id or channel.team_id,
        "updated": channel.created * 1000,
    }
    if seen_by.bot_user_id in channel.members:
        common["last_read"] = "0000000000.000000"
    if channel.is_im:
        other = world.other_end(channel, of=seen_by.bot_user_id)
        return common | {"user": other.id, "is_user_deleted": other.is_deleted, "priority": 0, "is_open": True}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False,
        "shared_team_ids": sorted(world.shared_by(channel)),
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "parent_conversation": None,
        "unlinked": 0,
        "previous_names": [],
        "is_member": seen_by.bot_user_id in channel.members,
        "creator": min(channel.members, default=""),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def message(message: Message, world: World, *, all_metadata: bool = False) -> Json:
    """A message as in the channel's history, in the response of a method, and in a click's payload."""
    if message.is_tombstone:
        tombstone: Json = {"type": "message", "subtype": "tombstone", "user": message.user, "ts": message.ts}
        return tombstone | {"text": message.text, "hidden": True} | _thread(message, world)
    shape: Json = {"type": "message", "user": message.user, "ts": message.ts}
    author, team_id = world.installations.of_bot(message.user), _team(message, world)
    if author is not None and message.app_id is not None:
        profile = {**bot(author, world), "team_id": team_id}
        shape |= {"bot_id": author.bot_id, "app_id": author.id, "bot_profile": profile}
    shape |= {"text": message.text, "team": team_id}
    if message.blocks:
        shape["blocks"] = list(message.blocks)
    if message.attachments:
        shape["attachments"] = list(message.attachments)
    if message.metadata is not None:
        shape["metadata"] = message.metadata if all_metadata else {"event_type": message.metadata["event_type"]}
    if message.edited_ts is not None:
        shape["edited"] = {"user": message.user, "ts": message.edited_ts}
    return shape | _thread(message, world)


def _team(message: Message, world: World) -> str:
    """The author's workspace; for an organization-wide bot the channel's workspace."""
    author = world.installations.of_bot(message.user)
    if author is None:
        return world.people[message.user].team_id
    return author.team_id or world.channels[message.channel].team_id


def bot(installation: Installation, world: World) -> Json:
    """The bot of an installation, as in `bots.info`; in a message its `bot_profile` also names the workspace."""
    return {
        "id": installation.bot_id,
        "deleted": installation.revoked is not None,
        "name": installation.name,
        "updated": 0,
        "app_id": installation.id,
        "user_id": installation.bot_user_id,
        "icons": pictures(world, (36, 48, 72)),
    }


def pictures(world: World, sizes: Iterable[int]) -> Json:
    """The pictures of a person or a bot; all lead to one file of the sandbox, so that nothing is fetched elsewhere."""
    return {f"image_{size}": f"{world.origin}/static/person.svg" for size in sizes}


def _thread(message: Message, world: World) -> Json:
    if message.is_reply:
        shape: dict[str, Any] = {"thread_ts": message.thread_ts}
        parent = world.message_or_tombstone(channel=message.channel, ts=message.thread_ts or "")
        if parent is not None:
            shape["parent_user_id"] = parent.user
        if message.reply_broadcast:
            shape["subtype"] = "thread_broadcast"
        if message.reply_broadcast and parent is not None:
            shape["root"] = _root(parent, world)
        return shape
    replies = world.replies(message)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "is_locked": False,
        "subscribed": False,
    }


def _root(parent: Message, world: World) -> Json:
    return message(parent, world)
