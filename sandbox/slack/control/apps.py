"""Control routes that add apps at run time, and install them in a workspace or a whole enterprise."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import app_rows
from sandbox.slack.control import reading
from sandbox.slack.delivery import Delivery
from sandbox.slack.errors import RefusedError
from sandbox.slack.ids import UsedIds
from sandbox.slack.model import App, Installation, Json
from sandbox.slack.world import World


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
        fields = await reading.body(request, known=app_rows.APP)
        app = app_rows.read_app(fields, used=UsedIds.of(self.world))
        self.delivery.request_urls[app.id] = fields.optional_texts("request_urls")
        self.world.installations.add_app(app)
        return web.json_response({"app": self._app(app) | {"signing_secret": app.signing_secret}})

    def _app(self, app: App) -> Json:
        return {"id": app.id, "name": app.name, "request_urls": list(self.delivery.request_urls.get(app.id, ()))}

    async def installations(self, _request: web.Request) -> web.Response:
        return web.json_response({"installations": [_installation(one) for one in self.world.installations.all]})

    async def install(self, request: web.Request) -> web.Response:
        """Install an app; the bot joins the named channels."""
        fields = await reading.body(request, known=app_rows.INSTALLATION)
        installation = app_rows.install(fields, self.world, used=UsedIds.of(self.world))
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
            changes["granted"] = app_rows.read_granted(
                fields, self.world, team_id=installation.team_id, enterprise_id=installation.enterprise_id
            )
        if "revoked" in fields:
            changes["revoked"] = fields.optional_text("revoked")
        return web.json_response(
            {"installation": _installation(self.world.installations.change(installation, **changes))}
        )


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
