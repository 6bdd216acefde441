"""The thread that a new message belongs to."""

import re
from typing import Any

from sandbox.slack.errors import SlackError
from sandbox.slack.world import World

_TS = re.compile(r"\d{1,12}\.\d{6}")


def thread_of(world: World, channel_id: str, thread_ts: Any) -> str:
    """The ts of the thread's first message, of which only a tombstone may be left; a reply's ts means its thread."""
    if not isinstance(thread_ts, str) or not _TS.fullmatch(thread_ts):
        raise SlackError("invalid_thread_ts")
    parent = world.message_or_tombstone(channel=channel_id, ts=thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.ephemeral_to is not None:
        raise SlackError("cannot_reply_to_message")
    return parent.thread_ts or parent.ts
