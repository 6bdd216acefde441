"""Control routes that add workspaces at run time, with people and channels, on their own or in an enterprise."""

import re
from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.control import ids, reading
from sandbox.slack.errors import RefusedError
from sandbox.slack.model import Channel, Enterprise, Json, Person, Workspace
from sandbox.slack.world import World

_PERSON = ("id", "name", "real_name", "is_guest", "is_deleted")
_CHANNEL = ("id", "name", "members", "is_private", "is_archived", "is_ext_shared")
_COLORS = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "d58247")


@dataclass(frozen=True, kw_only=True)
class Workspaces:
    """Routes of workspaces. An id may be given, else it is made; an id in use is refused with 409."""

    world: World

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/workspaces", self.workspaces),
            web.post("/sandbox/workspaces", self.add_workspace),
        ]

    async def workspaces(self, _request: web.Request) -> web.Response:
        installations = self.world.installations
        return web.json_response(
            {
                "workspaces": [_workspace(workspace) for workspace in installations.workspaces.values()],
                "enterprises": [{"id": one.id, "name": one.name} for one in installations.enterprises.values()],
            }
        )

    async def add_workspace(self, request: web.Request) -> web.Response:
        """Add a workspace with its people and channels; a named enterprise is created unless it exists."""
        body = await reading.body(request, known=("id", "name", "domain", "enterprise", "people", "channels"))
        name = body.text("name")
        enterprise = _enterprise(body)
        workspace = Workspace(
            id=ids.read(body, "id", ids.TEAM),
            name=name,
            domain=body.optional_text("domain") or re.sub(r"[^a-z0-9]+", "-", name.lower()),
            enterprise_id=None if enterprise is None else enterprise.id,
        )
        each = body.each("people", known=_PERSON)
        people = [_person(fields, number, workspace) for number, fields in enumerate(each)]
        known = {*self.world.people, *(person.id for person in people)}
        channels = [_channel(fields, workspace, known=known) for fields in body.each("channels", known=_CHANNEL)]
        installations = self.world.installations
        wanted = [workspace.id, *(person.id for person in people), *(channel.id for channel in channels)]
        if taken := [
            id for id in wanted if id in {*installations.workspaces, *self.world.people, *self.world.channels}
        ]:
            raise ids.taken(taken[0])
        if enterprise is not None and enterprise.id not in installations.enterprises:
            installations.add_enterprise(enterprise)
        installations.add_workspace(workspace)
        for person in people:
            self.world.add_person(person)
        for channel in channels:
            self.world.add_channel(channel)
        return web.json_response({"workspace": _workspace(workspace)})


def _enterprise(body: reading.Fields) -> Enterprise | None:
    fields = body.inner("enterprise", known=("id", "name"))
    if fields is None:
        return None
    return Enterprise(id=ids.read(fields, "id", ids.ENTERPRISE), name=fields.optional_text("name") or "Sandbox org")


def _person(fields: reading.Fields, number: int, workspace: Workspace) -> Person:
    return Person(
        id=ids.read(fields, "id", ids.PERSON),
        name=fields.text("name"),
        real_name=fields.optional_text("real_name") or fields.text("name").capitalize(),
        team_id=workspace.id,
        color=_COLORS[number % len(_COLORS)],
        is_guest=fields.flag("is_guest"),
        is_deleted=fields.flag("is_deleted"),
    )


def _channel(fields: reading.Fields, workspace: Workspace, *, known: set[str]) -> Channel:
    members = frozenset(fields.optional_texts("members"))
    if strange := sorted(members - known):
        raise RefusedError(404, "user_not_found", f"nobody is called {', '.join(strange)}")
    return Channel(
        id=ids.read(fields, "id", ids.CHANNEL),
        name=fields.text("name"),
        members=members,
        team_id=workspace.id,
        is_private=fields.flag("is_private"),
        is_archived=fields.flag("is_archived"),
        is_ext_shared=fields.flag("is_ext_shared"),
    )


def _workspace(workspace: Workspace) -> Json:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "domain": workspace.domain,
        "enterprise_id": workspace.enterprise_id,
    }
