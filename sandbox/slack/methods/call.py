"""One Web API call as its method sees it, and the questions every method asks about channels."""

from dataclasses import dataclass
from typing import Any

from sandbox.slack.errors import RateLimitedError, SlackError
from sandbox.slack.model import App, Channel, Json, Message
from sandbox.slack.ratelimit import PostingLimit
from sandbox.slack.world import World, dm_id


@dataclass(frozen=True, kw_only=True)
class Call:
    """Who calls, with what, in which world. A method returns the body of its answer without `ok`."""

    world: World
    app: App
    arguments: Json
    origin: str
    posting_limit: PostingLimit | None

    def text(self, name: str, *, missing: str = "invalid_arguments") -> str:
        """A named argument that must be there and be text."""
        value = self.arguments.get(name)
        if not isinstance(value, str) or not value:
            raise SlackError(missing)
        return value

    def channel(self, *, joined: bool = True) -> Channel:
        """The channel meant, if the bot sees it, and is in it where that is asked."""
        found = self.world.channels.get(self.text("channel", missing="channel_not_found"))
        bot = self.world.people[self.app.bot_user_id]
        if found is None or not self.world.sees(bot, found):
            raise SlackError("channel_not_found")
        if joined and bot.id not in found.members:
            raise SlackError("not_in_channel")
        return found

    def channel_to_post_in(self) -> Channel:
        """As `channel`, but a person's id means the direct message with them, and an archive takes nothing."""
        channel_id = self.text("channel", missing="channel_not_found")
        if channel_id in self.world.people and channel_id != self.app.bot_user_id:
            return self.world.open_dm(channel_id, self.app.bot_user_id)
        channel = self.channel()
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def own_message(self, channel: Channel, *, foreign: str) -> Message:
        """The lasting message meant, which this app must have written."""
        said = self.world.message(channel=channel.id, ts=self.text("ts", missing="message_not_found"))
        if said is None or said.ephemeral_to is not None:
            raise SlackError("message_not_found")
        if said.app_id != self.app.id:
            raise SlackError(foreign)
        return said

    def thread(self, channel: Channel) -> str | None:
        """The parent's ts of the thread to write in, if one is meant; a reply's ts means its parent."""
        thread_ts = self.arguments.get("thread_ts")
        if not thread_ts:
            return None
        parent = self.world.message(channel=channel.id, ts=str(thread_ts))
        if parent is None:
            raise SlackError("thread_not_found")
        if parent.ephemeral_to is not None:
            raise SlackError("cannot_reply_to_message")
        return parent.thread_ts or parent.ts

    def take_posting_slot(self, channel: Channel) -> None:
        if self.posting_limit is not None and (wait := self.posting_limit.take(channel.id)):
            raise RateLimitedError(wait)


def channels_meant(arguments: Json, *, app: App) -> frozenset[str]:
    """The channel ids a call may mean: the one given, and the direct message behind a person's id."""
    given: Any = arguments.get("channel")
    if not isinstance(given, str):
        return frozenset()
    return frozenset({given, dm_id(given, app.bot_user_id)})
