"""The sandbox's state and all functions that change it: people, channels, who sees which channel, messages."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from sandbox.slack.installations import Installations
from sandbox.slack.model import Channel, Installation, Message, Person, Workspace

SLACKBOT = "USLACKBOT"  # no person of the world; Slack signs tombstones with this id
DELETED = "This message was deleted."


class World:
    """The state of one fake Slack. Every visible change calls `changed` once; nothing here waits, sends or parses."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.origin = ""  # where the sandbox is served, known once it listens; pictures lead there
        self.installations = Installations(changed=changed)
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.keep: Callable[[str, Channel | Message], None] = lambda _kind, _row: None  # of a change of messages
        self._said: dict[str, dict[str, Message]] = {}
        self._threads: dict[tuple[str, str], list[str]] = {}  # (channel, parent's ts) -> its replies' ts
        self._now = now
        self._changed = changed
        self._last_microsecond = 0

    @property
    def app(self) -> Installation:
        """The installation the sandbox was started for."""
        return self.installations.all[0]

    @property
    def workspace(self) -> Workspace:
        """The workspace the sandbox was started with."""
        return next(iter(self.installations.workspaces.values()))

    def new_ts(self) -> str:
        """A time stamp later than every one before it, in Slack's form: seconds, a dot, six digits."""
        self._last_microsecond = max(int(self._now() * 1_000_000), self._last_microsecond + 1)
        seconds, microseconds = divmod(self._last_microsecond, 1_000_000)
        return f"{seconds}.{microseconds:06d}"

    # People, channels, and who sees which channel.

    def add_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self._said.setdefault(channel.id, {})
        self._changed()

    def add_person(self, person: Person) -> None:
        """Add a person, or replace the one with this id."""
        self.people[person.id] = person
        self._changed()

    def active_members(self, channel: Channel) -> list[str]:
        """The ids of the channel's members who are not deactivated, in order."""
        return sorted(member for member in channel.members if not self.people[member].is_deleted)

    def join(self, channel: Channel, user_id: str) -> None:
        self.add_channel(replace(channel, members=channel.members | {user_id}))

    def open_dm(self, user_id: str, *, bot: Installation) -> Channel:
        """The direct message between a person and a bot; created if there is none yet."""
        channel_id = dm_id(user_id, bot.bot_user_id)
        if channel_id not in self.channels:
            home = self.people[user_id].team_id
            team_id = home if home in bot.team_ids or bot.is_org_wide else bot.place
            ends = frozenset({user_id, bot.bot_user_id})
            created = int(self._now())
            channel = Channel(id=channel_id, name="", members=ends, team_id=team_id, created=created, is_im=True)
            self.add_channel(channel)
            self.keep("channel", channel)
        return self.channels[channel_id]

    def other_end(self, channel: Channel, *, of: str) -> Person:
        """The other member of a direct message, beside `of`."""
        others = channel.members - {of}
        return self.people[min(others, default=of)]

    def teams_of(self, person: Person) -> tuple[str, ...]:
        """The workspaces of which this person is a member: the home, or for a bot those of its installation."""
        installation = self.installations.of_bot(person.id)
        return (person.team_id,) if installation is None else installation.team_ids

    def sees(self, person: Person, channel: Channel) -> bool:
        """Whether a person sees a channel: as its member, or a public one as a full member of a workspace it is in.

        A deactivated person sees none.
        """
        if person.is_deleted:
            return False
        if person.id in channel.members:
            return True
        is_public = not channel.is_im and not channel.is_private
        return is_public and not person.is_guest and not self.shared_by(channel).isdisjoint(self.teams_of(person))

    def shared_by(self, channel: Channel) -> set[str]:
        """The workspaces of a channel: its own, and for a shared channel the home workspaces of its members."""
        guests = {self.people[member].team_id for member in channel.members} if channel.is_ext_shared else set()
        return {channel.team_id, *guests}

    def people_of(self, team_ids: Collection[str]) -> list[Person]:
        """The people who can be seen in these workspaces: members, and outsiders in a channel shared with them."""
        in_channels: set[str] = set()
        for channel in self.channels.values():
            if not channel.is_im and not self.shared_by(channel).isdisjoint(team_ids):
                in_channels |= channel.members
        return [
            person
            for person in self.people.values()
            if person.id in in_channels or not set(team_ids).isdisjoint(self.teams_of(person))
        ]

    # Messages.

    def message(self, *, channel: str, ts: str) -> Message | None:
        """The message with this time stamp; None when there is none, or when only its tombstone is left."""
        found = self.message_or_tombstone(channel=channel, ts=ts)
        return None if found is None or found.is_tombstone else found

    def message_or_tombstone(self, *, channel: str, ts: str) -> Message | None:
        """As `message`, but a tombstone is returned, too: its thread can still be read and replied to."""
        return self._said.get(channel, {}).get(ts)

    def messages(self, channel: str, *, seen_by: str | None = None) -> Iterator[Message]:
        """The channel's messages, oldest first; with `seen_by` without the ephemerals of other people."""
        for message in self._said.get(channel, {}).values():
            if seen_by is None or message.ephemeral_to in (None, seen_by):
                yield message

    def lasting(self, channel: str) -> list[Message]:
        """The channel's messages without ephemerals, oldest first, as its history returns them."""
        return [message for message in self.messages(channel) if message.ephemeral_to is None]

    def replies(self, parent: Message) -> list[Message]:
        """The replies in the message's thread, oldest first, without ephemerals."""
        return [self._said[parent.channel][ts] for ts in self._threads.get((parent.channel, parent.ts), ())]

    def say(self, message: Message) -> Message:
        self._said[message.channel][message.ts] = message
        if message.is_reply and message.ephemeral_to is None:
            self._threads.setdefault((message.channel, message.thread_ts or ""), []).append(message.ts)
        seconds, _, microseconds = message.ts.partition(".")
        self._last_microsecond = max(self._last_microsecond, int(seconds) * 1_000_000 + int(microseconds))
        self.keep("say", message)
        self._changed()
        return message

    def edit(self, message: Message, **changes: Any) -> Message:
        edited = replace(message, **changes)
        self._said[message.channel][message.ts] = edited
        self.keep("edit", edited)
        self._changed()
        return edited

    def delete(self, message: Message) -> None:
        """Delete a message. The first of a thread with replies leaves a tombstone, which goes with the last reply."""
        said = self._said[message.channel]
        if self.replies(message):
            said[message.ts] = Message(
                channel=message.channel, ts=message.ts, user=SLACKBOT, text=DELETED, is_tombstone=True
            )
        else:
            del said[message.ts]
        replies = self._threads.get((message.channel, message.thread_ts or ""), [])
        if message.ts in replies:
            replies.remove(message.ts)
            root = said.get(message.thread_ts or "")
            if not replies and root is not None and root.is_tombstone:
                del said[root.ts]
        self.keep("delete", message)
        self._changed()


def dm_id(one: str, other: str) -> str:
    """The id of the direct message between two people; the same on every start, so that scripts can rely on it."""
    pair = " ".join(sorted((one, other)))
    return "D0" + hashlib.sha256(pair.encode()).hexdigest()[:9].upper()
