"""chat.*: posting, editing and deleting messages, ephemerals, permalinks."""

from collections.abc import Mapping
from typing import Any

from sandbox.slack import content, shapes
from sandbox.slack.arguments import truth
from sandbox.slack.content import Content
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Json, Message

MAX_EDITED_TEXT = 4_000  # chat.update refuses longer texts, although chat.postMessage accepts them


def post_message(call: Call) -> Json:
    channel = call.channel_to_post_in()
    parsed = content.read(call.arguments)
    if parsed.is_empty:
        raise SlackError("no_text")
    thread_ts = call.thread(channel)
    call.take_posting_slot(channel)
    message = call.world.say(
        Message(
            channel=channel.id,
            ts=call.world.new_ts(),
            user=call.bot.id,
            app_id=call.installation.id,
            text=parsed.text_to_post,
            blocks=parsed.blocks or (),
            attachments=parsed.attachments or (),
            metadata=parsed.metadata or None,
            thread_ts=thread_ts,
            reply_broadcast=truth(call.arguments.get("reply_broadcast")),
        )
    )
    shape = shapes.message(message, call.world, all_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def update(call: Call) -> Json:
    """Edit a message. Text without blocks removes the blocks, blocks without text keep it, other parts stay."""
    channel = call.channel()
    before = call.own_message(channel, foreign="cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    given = call.arguments.get("text")
    if isinstance(given, str) and len(given) > MAX_EDITED_TEXT:
        raise SlackError("msg_too_long")
    parsed = content.read(call.arguments)
    changes = _changes(parsed)
    if not changes or _is_emptied(before, changes):
        raise SlackError("no_text")
    if parsed.text is not None and not parsed.blocks:
        changes["edited_ts"] = call.world.new_ts()
    after = call.world.edit(before, **changes)
    shape = shapes.message(after, call.world, all_metadata=True)
    return {"channel": channel.id, "ts": after.ts, "text": after.text, "message": shape}


def _changes(parsed: Content) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if parsed.text is not None:
        changes |= {"text": parsed.text, "blocks": ()}
    if parsed.blocks is not None:
        changes["blocks"] = parsed.blocks
    if parsed.attachments is not None:
        changes["attachments"] = parsed.attachments
    if parsed.metadata is not None:
        changes["metadata"] = parsed.metadata or None  # an empty object clears it
    return changes


def _is_emptied(before: Message, changes: Mapping[str, Any]) -> bool:
    return not any(changes.get(part, getattr(before, part)) for part in ("text", "blocks", "attachments"))


def delete(call: Call) -> Json:
    channel = call.channel()
    message = call.own_message(channel, foreign="cant_delete_message")
    call.world.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    """Post a message that only one member of the channel sees; no other method returns or edits it."""
    channel = call.channel(by_name=True)
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.text("user", missing="user_not_in_channel") not in call.world.active_members(channel):
        raise SlackError("user_not_in_channel")
    parsed = content.read(call.arguments)
    if parsed.is_empty:
        raise SlackError("no_text")
    message = call.world.say(
        Message(
            channel=channel.id,
            ts=call.world.new_ts(),
            user=call.bot.id,
            app_id=call.installation.id,
            text=parsed.text_to_post,
            blocks=parsed.blocks or (),
            attachments=parsed.attachments or (),
            thread_ts=call.thread(channel),
            ephemeral_to=call.text("user"),
        )
    )
    return {"message_ts": message.ts}


def get_permalink(call: Call) -> Json:
    """A permalink in Slack's form on the sandbox's own origin, so that it does not lead to the real Slack."""
    channel = call.channel()
    ts = call.text("message_ts", missing="message_not_found")
    message = call.world.message(channel=channel.id, ts=ts)
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    link = f"{call.origin}/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
