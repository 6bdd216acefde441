"""Watching the sandbox: what changed, what the app asked of Slack, where clicks go."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.changes import Changes
from sandbox.slack.control import reading
from sandbox.slack.delivery import Delivery
from sandbox.slack.requests import MOST_KEPT, Record

LONGEST_WAIT = 60.0


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The long poll for the page, the record of Web API calls, and the app's request URLs."""

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
        asked = reading.query(request, known=("after", "timeout"))
        after = int(asked.number("after", default=0, most=2**53))
        timeout = asked.number("timeout", default=25, most=LONGEST_WAIT)
        return web.json_response({"version": await self.changes.wait(after=after, timeout=timeout)})

    async def request_urls(self, _request: web.Request) -> web.Response:
        return web.json_response({"request_urls": list(self.delivery.request_urls)})

    async def set_request_urls(self, request: web.Request) -> web.Response:
        self.delivery.request_urls = (await reading.body(request, known=("request_urls",))).texts("request_urls")
        return await self.request_urls(request)

    async def requests(self, request: web.Request) -> web.Response:
        asked = reading.query(request, known=("after", "most"))
        after, most = int(asked.number("after", default=0)), int(asked.number("most", default=MOST_KEPT, least=1))
        return web.json_response({"requests": self.record.after(after)[-most:]})
