"""The sandbox's state and the only ways it changes: who is where, who sees what, what was said."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sandbox.slack.model import App, Channel, Message, Person, Workspace


class World:
    """One small Slack. Every visible change calls `changed` once; nothing here waits, sends or parses."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        people: Iterable[Person],
        channels: Iterable[Channel],
        now: Callable[[], float] = time.time,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.workspace = workspace
        self.people = {person.id: person for person in people}
        self.channels = {channel.id: channel for channel in channels}
        self._said: dict[str, dict[str, Message]] = {channel_id: {} for channel_id in self.channels}
        self._threads: dict[tuple[str, str], list[str]] = {}  # (channel, parent's ts) -> its replies' ts
        self._now = now
        self._changed = changed
        self._last_microsecond = 0

    @property
    def app(self) -> App:
        """The app the sandbox was started for."""
        return self.workspace.apps[0]

    def app_with_token(self, token: str) -> App | None:
        return next((app for app in self.workspace.apps if app.bot_token == token), None)

    def app_of_bot(self, user_id: str) -> App | None:
        return next((app for app in self.workspace.apps if app.bot_user_id == user_id), None)

    def new_ts(self) -> str:
        """A time stamp later than every one before it, in Slack's form: seconds, a dot, six digits."""
        self._last_microsecond = max(int(self._now() * 1_000_000), self._last_microsecond + 1)
        seconds, microseconds = divmod(self._last_microsecond, 1_000_000)
        return f"{seconds}.{microseconds:06d}"

    # Who is where, and who sees what.

    def add_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self._said.setdefault(channel.id, {})
        self._changed()

    def add_person(self, person: Person) -> None:
        self.people[person.id] = person
        self._changed()

    def open_dm(self, one: str, other: str) -> Channel:
        """The direct message between two people, made now if they never had one."""
        channel_id = dm_id(one, other)
        if channel_id not in self.channels:
            ends = frozenset({one, other})
            self.add_channel(Channel(id=channel_id, name="", members=ends, created=int(self._now()), is_im=True))
        return self.channels[channel_id]

    def other_end(self, channel: Channel, *, of: str) -> Person:
        """The person at the far end of a direct message, seen from `of`."""
        others = channel.members - {of}
        return self.people[min(others, default=of)]

    def sees(self, person: Person, channel: Channel) -> bool:
        """Members see their channel; full members of the team see public ones too; nobody else sees anything."""
        if person.id in channel.members:
            return True
        is_public = not channel.is_im and not channel.is_private
        return is_public and not person.is_guest and not person.is_stranger

    # What was said.

    def message(self, *, channel: str, ts: str) -> Message | None:
        return self._said.get(channel, {}).get(ts)

    def messages(self, channel: str, *, seen_by: str | None = None) -> Iterator[Message]:
        """Everything said there, oldest first; without `seen_by` ephemerals of all, else only that person's."""
        for message in self._said.get(channel, {}).values():
            if seen_by is None or message.ephemeral_to in (None, seen_by):
                yield message

    def lasting(self, channel: str) -> list[Message]:
        """What history tells: everything said there but the ephemerals, oldest first."""
        return [message for message in self.messages(channel) if message.ephemeral_to is None]

    def replies(self, parent: Message) -> list[Message]:
        """What was answered to it, oldest first, without ephemerals."""
        return [self._said[parent.channel][ts] for ts in self._threads.get((parent.channel, parent.ts), ())]

    def say(self, message: Message) -> Message:
        self._said[message.channel][message.ts] = message
        if message.is_reply and message.ephemeral_to is None:
            self._threads.setdefault((message.channel, message.thread_ts or ""), []).append(message.ts)
        self._changed()
        return message

    def edit(self, message: Message, **changes: Any) -> Message:
        edited = replace(message, **changes)
        self._said[message.channel][message.ts] = edited
        self._changed()
        return edited

    def delete(self, message: Message) -> None:
        del self._said[message.channel][message.ts]
        replies = self._threads.get((message.channel, message.thread_ts or ""), [])
        if message.ts in replies:
            replies.remove(message.ts)
        self._changed()


def dm_id(one: str, other: str) -> str:
    """The id of the direct message between two people: the same on every start, so that scripts may know it."""
    pair = " ".join(sorted((one, other)))
    return "D0" + hashlib.sha256(pair.encode()).hexdigest()[:9].upper()
