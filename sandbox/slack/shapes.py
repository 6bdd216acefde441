"""People, channels and messages as Slack's JSON."""

from typing import Any

from sandbox.slack.model import Channel, Installation, Json, Message, Person
from sandbox.slack.world import World


def user(person: Person, world: World, *, seen_by: Installation) -> Json:
    shape: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.is_deleted,
        "color": person.color,
        "real_name": person.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": {
            "real_name": person.real_name,
            "display_name": person.name,
            "real_name_normalized": person.real_name,
            "display_name_normalized": person.name,
            "team": person.team_id,
        },
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    enterprise_id = world.installations.enterprise_of(person.team_id)
    if enterprise_id is not None:
        name = world.installations.enterprises[enterprise_id].name
        shape["enterprise_user"] = {
            "id": person.id,
            "enterprise_id": enterprise_id,
            "enterprise_name": name,
            "is_admin": False,
            "is_owner": False,
            "teams": list(world.teams_of(person)),
        }
    if not person.is_bot and world.installations.is_foreign(person.team_id, to=seen_by):
        shape["is_stranger"] = True
    return shape


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
    if channel.is_im:
        other = world.other_end(channel, of=seen_by.bot_user_id)
        return common | {"user": other.id, "is_user_deleted": False, "priority": 0, "is_open": True}
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
        "is_member": seen_by.bot_user_id in channel.members,
        "creator": min(channel.members, default=""),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def message(message: Message, world: World, *, all_metadata: bool = False) -> Json:
    """A message as in the channel's history, in the response of a method, and in a click's payload."""
    shape: Json = {"type": "message", "user": message.user, "ts": message.ts}
    author, team_id = world.installations.of_bot(message.user), _team(message, world)
    if author is not None and message.app_id is not None:
        profile = _bot_profile(author, team_id=team_id)
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


def _bot_profile(author: Installation, *, team_id: str) -> Json:
    return {
        "id": author.bot_id,
        "app_id": author.id,
        "user_id": author.bot_user_id,
        "name": author.name,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": team_id,
    }


def _thread(message: Message, world: World) -> Json:
    if message.is_reply:
        shape: dict[str, Any] = {"thread_ts": message.thread_ts}
        parent = world.message(channel=message.channel, ts=message.thread_ts or "")
        if parent is not None:
            shape["parent_user_id"] = parent.user
        if message.reply_broadcast:
            shape["subtype"] = "thread_broadcast"
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
