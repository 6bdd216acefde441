"""Control routes to read and write as a person: the people, the channels a person sees, the messages in them."""

from dataclasses import dataclass, replace

from aiohttp import web

from sandbox.slack import shapes
from sandbox.slack.acting import acting
from sandbox.slack.control import reading
from sandbox.slack.errors import RefusedError
from sandbox.slack.model import Channel, Json, Message, Person
from sandbox.slack.world import World


@dataclass(frozen=True, kw_only=True)
class MessageRoutes:
    """Routes for what one person sees and writes. Without `as` the caller is an operator, who sees everything."""

    world: World

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/people", self.people),
            web.post("/sandbox/people/{user}", self.change_person),
            web.get("/sandbox/channels", self.channels),
            web.get("/sandbox/messages", self.messages),
            web.post("/sandbox/messages", self.write),
            web.delete("/sandbox/messages", self.delete),
        ]

    async def people(self, request: web.Request) -> web.Response:
        """All people, or those who can be seen in one workspace. A stranger's home is another workspace.

        `channels=true` adds the channels that each active person sees, as of the same moment.
        """
        fields = reading.query(request, known=("team", "channels"))
        team = self._team(fields)
        people = self.world.people.values() if team is None else self.world.people_of((team,))
        rows = {person.id: self._person(person, team) for person in people}
        if fields.optional_text("channels") == "true":
            for person in people:
                if not person.is_deleted:
                    rows[person.id]["channels"] = self._channels(person, team)
        return web.json_response({"people": list(rows.values())})

    async def change_person(self, request: web.Request) -> web.Response:
        """Deactivate a person, or make the person active again. Memberships and messages stay as they are."""
        fields = await reading.body(request, known=("is_deleted",))
        person = self.world.people.get(request.match_info["user"])
        if person is None:
            raise RefusedError(404, "user_not_found")
        if person.is_bot:
            raise RefusedError(
                409, "user_is_bot", "uninstall its app instead: POST /sandbox/installations/{bot_user_id}"
            )
        if "is_deleted" in fields:
            person = replace(person, is_deleted=fields.flag("is_deleted"))
            self.world.add_person(person)
        return web.json_response({"person": self._person(person, None)})

    async def channels(self, request: web.Request) -> web.Response:
        fields = reading.query(request, known=("as", "team"))
        viewer, team = self._viewer(fields.optional_text("as")), self._team(fields)
        return web.json_response({"channels": self._channels(viewer, team)})

    async def messages(self, request: web.Request) -> web.Response:
        fields = reading.query(request, known=("as", "channel"))
        viewer = self._viewer(fields.optional_text("as"))
        channel = self._seen_channel(fields.text("channel"), viewer)
        seen_by = None if viewer is None else viewer.id
        rows = [self._message(message) for message in self.world.messages(channel.id, seen_by=seen_by)]
        return web.json_response({"messages": rows})

    async def write(self, request: web.Request) -> web.Response:
        """Post a message as a person, who must be a member of the channel."""
        fields = await reading.body(request, known=("user", "channel", "text", "thread_ts"))
        person = self._viewer(fields.text("user"))
        channel = self._seen_channel(fields.text("channel"), person)
        if person is None or person.id not in channel.members:
            raise RefusedError(409, "not_in_channel")
        if channel.is_archived:
            raise RefusedError(409, "is_archived")
        message = Message(
            channel=channel.id,
            ts=self.world.new_ts(),
            user=person.id,
            text=fields.text("text"),
            thread_ts=self._thread(channel, fields.optional_text("thread_ts")),
        )
        self.world.say(message)
        return web.json_response({"ok": True, "channel": channel.id, "ts": message.ts})

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a message as its author, dismiss an ephemeral as its reader, or without `as` delete any message."""
        fields = reading.query(request, known=("as", "channel", "ts"))
        viewer = self._viewer(fields.optional_text("as"))
        channel = self._seen_channel(fields.text("channel"), viewer)
        message = self.world.message(channel=channel.id, ts=fields.text("ts"))
        if message is None or (viewer is not None and message.ephemeral_to not in (None, viewer.id)):
            raise RefusedError(404, "message_not_found")
        if viewer is not None and viewer.id not in (message.user, message.ephemeral_to):
            raise RefusedError(
                409,
                "cant_delete_message",
                "only its author may, the reader of an ephemeral, or an operator, without `as`",
            )
        self.world.delete(message)
        return web.json_response({"ok": True})

    def _team(self, fields: reading.Fields) -> str | None:
        team = fields.optional_text("team")
        if team is not None and team not in self.world.installations.workspaces:
            raise RefusedError(404, "team_not_found")
        return team

    def _person(self, person: Person, team: str | None) -> Json:
        installations = self.world.installations
        # Without a workspace in the query, a stranger is a person whose home is no workspace or enterprise of ours.
        homes = {*installations.workspaces, *installations.enterprises} if team is None else {team}
        enterprise = None if team is None else installations.enterprise_of(team)
        is_sister = enterprise is not None and enterprise in (
            person.team_id,
            installations.enterprise_of(person.team_id),
        )
        return {
            "id": person.id,
            "name": person.name,
            "real_name": person.real_name,
            "team_id": person.team_id,
            "is_bot": person.is_bot,
            "is_guest": person.is_guest,
            "is_deleted": person.is_deleted,
            "is_stranger": person.team_id not in homes and not is_sister,
            "color": person.color,
        }

    def _viewer(self, user_id: str | None) -> Person | None:
        if user_id is None:
            return None
        return acting(self.world, user_id)

    def _seen_channel(self, channel_id: str, viewer: Person | None) -> Channel:
        channel = self.world.channels.get(channel_id)
        if channel is None or not (viewer is None or self.world.sees(viewer, channel)):
            raise RefusedError(404, "channel_not_found")
        return channel

    def _thread(self, channel: Channel, thread_ts: str | None) -> str | None:
        if thread_ts is None:
            return None
        parent = self.world.message_or_tombstone(channel=channel.id, ts=thread_ts)
        if parent is None or parent.ephemeral_to is not None:
            raise RefusedError(404, "message_not_found")
        return parent.thread_ts or parent.ts

    def _channels(self, viewer: Person | None, team: str | None) -> list[Json]:
        return [
            self._channel(channel, viewer)
            for channel in self.world.channels.values()
            if (viewer is None or self.world.sees(viewer, channel))
            and (team is None or team in self.world.shared_by(channel))
        ]

    def _channel(self, channel: Channel, viewer: Person | None) -> Json:
        shape: Json = {
            "id": channel.id,
            "team_id": channel.team_id,
            "name": channel.name,
            "is_im": channel.is_im,
            "is_private": channel.is_private,
            "is_archived": channel.is_archived,
            "last_ts": max((m.ts for m in self._visible(channel, viewer)), default=None),
            "is_member": viewer is not None and viewer.id in channel.members,
        }
        if channel.is_im:
            end = viewer.id if viewer is not None else self._bot_in(channel)
            other = self.world.other_end(channel, of=end)
            shape |= {"user": other.id, "name": other.name}
        return shape

    def _bot_in(self, channel: Channel) -> str:
        bots = (member for member in channel.members if self.world.people[member].is_bot)
        return next(bots, "")

    def _visible(self, channel: Channel, viewer: Person | None) -> list[Message]:
        return list(self.world.messages(channel.id, seen_by=None if viewer is None else viewer.id))

    def _message(self, message: Message) -> Json:
        shape = shapes.message(message, self.world, all_metadata=True)
        if message.ephemeral_to is not None:
            shape |= {"is_ephemeral": True, "ephemeral_to": message.ephemeral_to}
        return shape
