"""Control routes that add apps at run time, and install them in a workspace or a whole enterprise."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import seed
from sandbox.slack.control import ids, reading
from sandbox.slack.delivery import Delivery
from sandbox.slack.errors import RefusedError
from sandbox.slack.installations import IdTaken
from sandbox.slack.model import App, Channel, Installation, Json, Person
from sandbox.slack.world import World

_COLOR = "4a154b"
_INSTALLATION = ("app_id", "team_id", "enterprise_id", "team_ids", "scopes", "channels", "bot_user_id", "bot_token")


@dataclass(frozen=True, kw_only=True)
class Apps:
    """Routes for what a developer and an administrator do on Slack's own pages.

    An id may be given, else it is made; an id in use is refused with 409. Secrets and tokens are returned only when
    they are created; lists leave them out.
    """

    world: World
    delivery: Delivery

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/apps", self.apps),
            web.post("/sandbox/apps", self.add_app),
            web.get("/sandbox/installations", self.installations),
            web.post("/sandbox/installations", self.install),
            web.post("/sandbox/installations/{bot_user_id}", self.change),
        ]

    async def apps(self, _request: web.Request) -> web.Response:
        return web.json_response({"apps": [self._app(app) for app in self.world.installations.apps.values()]})

    async def add_app(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=("id", "name", "signing_secret", "request_urls"))
        app = App(
            id=ids.read(fields, "id", ids.APP),
            name=fields.text("name"),
            signing_secret=fields.optional_text("signing_secret") or seed.new_secret(),
        )
        try:
            self.world.installations.add_app(app)
        except IdTaken as error:
            raise ids.taken(str(error)) from None
        self.delivery.request_urls[app.id] = fields.optional_texts("request_urls")
        return web.json_response({"app": self._app(app) | {"signing_secret": app.signing_secret}})

    def _app(self, app: App) -> Json:
        return {"id": app.id, "name": app.name, "request_urls": list(self.delivery.request_urls.get(app.id, ()))}

    async def installations(self, _request: web.Request) -> web.Response:
        return web.json_response({"installations": [_installation(one) for one in self.world.installations.all]})

    async def install(self, request: web.Request) -> web.Response:
        """Install an app in a workspace, or in an enterprise and the named ones of its workspaces.

        The bot joins the named channels.
        """
        fields = await reading.body(request, known=_INSTALLATION)
        installation = self._new_installation(fields)
        channels = [self._joinable(channel_id, installation) for channel_id in fields.optional_texts("channels")]
        if installation.bot_user_id in self.world.people:
            raise ids.taken(installation.bot_user_id)
        try:
            self.world.installations.install(installation)
        except IdTaken as error:
            raise ids.taken(str(error)) from None
        self.world.add_person(
            Person(
                id=installation.bot_user_id,
                name=installation.name,
                real_name=installation.name,
                team_id=installation.place,
                color=_COLOR,
                is_bot=True,
            )
        )
        for channel in channels:
            self.world.join(channel, installation.bot_user_id)
        return web.json_response({"installation": _installation(installation) | {"bot_token": installation.bot_token}})

    async def change(self, request: web.Request) -> web.Response:
        """Change the scopes or the granted workspaces, or set the error with which the token is refused from now on."""
        fields = await reading.body(request, known=("scopes", "team_ids", "revoked"))
        installation = self.world.installations.of_bot(request.match_info["bot_user_id"])
        if installation is None:
            raise RefusedError(404, "installation_not_found")
        changes: Json = {}
        if "scopes" in fields:
            changes["scopes"] = fields.texts("scopes")
        if "team_ids" in fields:
            changes["granted"] = self._granted(fields, installation.team_id, installation.enterprise_id)
        if "revoked" in fields:
            changes["revoked"] = fields.optional_text("revoked")
        return web.json_response(
            {"installation": _installation(self.world.installations.change(installation, **changes))}
        )

    def _new_installation(self, fields: reading.Fields) -> Installation:
        installations = self.world.installations
        app = installations.apps.get(fields.text("app_id"))
        if app is None:
            raise RefusedError(404, "app_not_found")
        team_id, enterprise_id = fields.optional_text("team_id"), fields.optional_text("enterprise_id")
        if (team_id is None) == (enterprise_id is None):
            raise reading.refused("say either team_id or enterprise_id")
        if team_id is not None and team_id not in installations.workspaces:
            raise RefusedError(404, "team_not_found")
        if enterprise_id is not None and enterprise_id not in installations.enterprises:
            raise RefusedError(404, "enterprise_not_found")
        bot_user_id = ids.read(fields, "bot_user_id", ids.PERSON)
        return Installation(
            app=app,
            team_id=team_id,
            enterprise_id=enterprise_id if team_id is None else installations.enterprise_of(team_id),
            bot_id="B" + bot_user_id[1:],
            bot_user_id=bot_user_id,
            bot_token=fields.optional_text("bot_token") or seed.new_token(),
            scopes=fields.texts("scopes") if "scopes" in fields else seed.SCOPES,
            granted=self._granted(fields, team_id, enterprise_id),
        )

    def _granted(self, fields: reading.Fields, team_id: str | None, enterprise_id: str | None) -> tuple[str, ...]:
        granted = fields.optional_texts("team_ids")
        if granted and team_id is not None:
            raise reading.refused("team_ids belong to an organization-wide installation")
        for wanted in granted:
            if wanted not in self.world.installations.workspaces:
                raise RefusedError(404, "team_not_found")
            if self.world.installations.enterprise_of(wanted) != enterprise_id:
                raise reading.refused(f"{wanted} is not in {enterprise_id}")
        return granted

    def _joinable(self, channel_id: str, installation: Installation) -> Channel:
        channel = self.world.channels.get(channel_id)
        if channel is None or channel.is_im or self.world.shared_by(channel).isdisjoint(installation.team_ids):
            raise RefusedError(404, "channel_not_found", f"{channel_id} is no channel where {installation.id} is")
        return channel


def _installation(installation: Installation) -> Json:
    return {
        "app_id": installation.id,
        "team_id": installation.team_id,
        "enterprise_id": installation.enterprise_id,
        "is_enterprise_install": installation.is_org_wide,
        "team_ids": list(installation.team_ids),
        "bot_id": installation.bot_id,
        "bot_user_id": installation.bot_user_id,
        "scopes": list(installation.scopes),
        "revoked": installation.revoked,
    }
