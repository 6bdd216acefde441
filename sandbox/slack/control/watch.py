"""Control routes to watch the sandbox: its changes, the app's Web API calls, and the URLs that receive clicks."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.changes import Changes
from sandbox.slack.control import reading
from sandbox.slack.delivery import Delivery
from sandbox.slack.errors import RefusedError
from sandbox.slack.requests import MAX_KEPT, Record
from sandbox.slack.world import World

MAX_WAIT = 60.0


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Routes for the page's long poll, the record of Web API calls, and each app's request URLs."""

    world: World
    changes: Changes
    record: Record
    delivery: Delivery

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/changes", self.changed),
            web.get("/sandbox/request_urls", self.request_urls),
            web.post("/sandbox/request_urls", self.set_request_urls),
            web.get("/sandbox/requests", self.requests),
        ]

    async def changed(self, request: web.Request) -> web.Response:
        fields = reading.query(request, known=("after", "timeout"))
        after = int(fields.number("after", default=0, maximum=2**53))
        timeout = fields.number("timeout", default=25, maximum=MAX_WAIT)
        return web.json_response({"version": await self.changes.wait(after=after, timeout=timeout)})

    async def request_urls(self, request: web.Request) -> web.Response:
        """The request URLs of the named app, or of the first app."""
        return self._urls_of(self._app_id(reading.query(request, known=("app_id",))))

    async def set_request_urls(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=("request_urls", "app_id"))
        app_id = self._app_id(fields)
        self.delivery.request_urls[app_id] = fields.texts("request_urls")
        return self._urls_of(app_id)

    def _app_id(self, fields: reading.Fields) -> str:
        app_id = fields.optional_text("app_id") or self.world.app.id
        if app_id not in self.world.installations.apps:
            raise RefusedError(404, "app_not_found")
        return app_id

    def _urls_of(self, app_id: str) -> web.Response:
        return web.json_response({"request_urls": list(self.delivery.request_urls.get(app_id, ()))})

    async def requests(self, request: web.Request) -> web.Response:
        fields = reading.query(request, known=("after", "most"))
        after, limit = int(fields.number("after", default=0)), int(fields.number("most", default=MAX_KEPT, minimum=1))
        return web.json_response({"requests": self.record.after(after)[-limit:]})
