"""Control routes that add workspaces at run time, with people and channels, on their own or in an enterprise."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import workspace_rows as rows
from sandbox.slack.control import reading
from sandbox.slack.ids import UsedIds
from sandbox.slack.model import Json, Workspace
from sandbox.slack.world import World


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
        body = await reading.body(request, known=rows.WORKSPACE)
        used = UsedIds.of(self.world)
        enterprise = rows.read_enterprise(body)
        workspace = rows.read_workspace(body, enterprise, used=used)
        people = rows.read_people(body, workspace, used=used)
        known = {*self.world.people, *(person.id for person in people)}
        channels = rows.read_channels(body, workspace, known=known, used=used)
        installations = self.world.installations
        if enterprise is not None:
            installations.add_enterprise(enterprise)
        installations.add_workspace(workspace)
        for person in people:
            self.world.add_person(person)
        for channel in channels:
            self.world.add_channel(channel)
        return web.json_response({"workspace": _workspace(workspace)})


def _workspace(workspace: Workspace) -> Json:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "domain": workspace.domain,
        "enterprise_id": workspace.enterprise_id,
    }
