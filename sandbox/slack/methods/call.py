"""One Web API call with its arguments, and the checks of workspaces, channels and messages that methods share."""

from dataclasses import dataclass

from sandbox.slack.errors import SlackError
from sandbox.slack.methods import scopes
from sandbox.slack.methods.channel_names import named
from sandbox.slack.model import Channel, Installation, Json, Message, Person
from sandbox.slack.ratelimit import RateLimits
from sandbox.slack.threads import thread_of
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World


@dataclass(frozen=True, kw_only=True)
class Call:
    """The calling installation, its arguments and the world. A method returns the response's body without `ok`.

    The checks raise SlackError with the error that Slack gives.
    """

    world: World
    installation: Installation
    arguments: Json
    origin: str
    rate_limits: RateLimits | None
    views: Views

    @property
    def bot(self) -> Person:
        return self.world.people[self.installation.bot_user_id]

    def text(self, name: str, *, missing: str = "invalid_arguments") -> str:
        """A required argument of type text; `missing` is the error word without it."""
        value = self.arguments.get(name)
        if not isinstance(value, str) or not value:
            raise SlackError(missing)
        return value

    def team_ids(self) -> tuple[str, ...]:
        """The workspaces that a list covers: an org-wide token must name one, any other token has only its own."""
        if not self.installation.is_org_wide:
            return self.installation.team_ids
        team_id = self.arguments.get("team_id")
        if not team_id:
            raise SlackError("missing_argument", arg="team_id")
        if team_id not in self.installation.team_ids:
            raise SlackError("team_access_not_granted")
        return (str(team_id),)

    def person(self, user_id: str, *, missing: str = "user_not_found") -> Person:
        """A person of this token's workspaces, or of a channel shared with them; `missing` is the error word."""
        for person in self.world.people_of(self.installation.team_ids):
            if person.id == user_id:
                return person
        raise SlackError(missing)

    def needs(self, scope: str) -> None:
        scopes.check((scope,), installation=self.installation)

    def channel(self, *, joined: bool = True, by_name: bool = False) -> Channel:
        """The channel of the `channel` argument, if the bot sees it and, with `joined`, is a member of it.

        With `by_name` the argument may be the channel's name, as only methods that post take it.
        """
        given = self.text("channel", missing="channel_not_found")
        found = self.world.channels.get(given)
        if found is None and by_name:
            found = named(given, world=self.world, installation=self.installation)
        if found is None:
            raise SlackError("channel_not_found")
        is_public = not found.is_im and not found.is_private
        is_member = self.bot.id in found.members
        is_elsewhere = self.world.shared_by(found).isdisjoint(self.installation.team_ids)
        is_closed = is_elsewhere and self.world.installations.is_closed_to(self.installation, found.team_id)
        if is_closed and (is_public or is_member):
            raise SlackError("team_access_not_granted")
        if not self.world.sees(self.bot, found):
            raise SlackError("channel_not_found")
        if joined and not is_member:
            raise SlackError("not_in_channel")
        return found

    def channel_to_post_in(self) -> Channel:
        """As `channel`, but a person's id means the direct message with that person, and a name is taken.

        Refuses an archived channel.
        """
        channel_id = self.text("channel", missing="channel_not_found")
        if channel_id in self.world.people and not self.world.people[channel_id].is_bot:
            person = self.person(channel_id, missing="channel_not_found")
            return self.world.open_dm(person.id, bot=self.installation)
        channel = self.channel(joined="chat:write.public" not in self.installation.scopes, by_name=True)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def own_message(self, channel: Channel, *, foreign: str) -> Message:
        """The non-ephemeral message of the `ts` argument; raises `foreign` unless this installation wrote it."""
        message = self.world.message(channel=channel.id, ts=self.text("ts", missing="message_not_found"))
        if message is None or message.ephemeral_to is not None:
            raise SlackError("message_not_found")
        if (message.app_id, message.user) != (self.installation.id, self.bot.id):
            raise SlackError(foreign)
        return message

    def thread(self, channel: Channel) -> str | None:
        """The ts of the thread's parent in the `thread_ts` argument, if given; a reply's ts means its parent."""
        thread_ts = self.arguments.get("thread_ts")
        return thread_of(self.world, channel.id, thread_ts) if thread_ts else None

    def take_posting_slot(self, channel: Channel) -> None:
        """Count one message of this bot in the channel; raises RateLimitedError when the bot's limit is exceeded."""
        if self.rate_limits is not None:
            self.rate_limits.post(bot_user_id=self.bot.id, channel=channel.id)
