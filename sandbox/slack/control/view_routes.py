"""Control routes of modals: those that a person has open, and what a person does with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.acting import acting
from sandbox.slack.actions import ElementSelector
from sandbox.slack.control import reading
from sandbox.slack.control.opened_views import OpenedViews, seconds_to_wait
from sandbox.slack.element_values import Entry
from sandbox.slack.model import Json
from sandbox.slack.views import acks, shapes
from sandbox.slack.views.model import Key
from sandbox.slack.views.stacks import Views
from sandbox.slack.views.submissions import Submissions
from sandbox.slack.views.using import Use
from sandbox.slack.world import World

_SUBMIT = ("user", "values", "unchecked", "request_url")
_CLOSE = ("user", "clear", "lost", "request_url")
_ACTION = ("user", "action_id", "block_id", "value", "values", "wait_view", "request_url")


@dataclass(frozen=True, kw_only=True)
class ViewRoutes:
    """The routes below `/sandbox/views`. Views have Slack's shape; `shown` is what only the person's client shows."""

    world: World
    views: Views
    submissions: Submissions
    opened_views: OpenedViews

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/views", self.open_views),
            web.post("/sandbox/views/{view}/submit", self.submit),
            web.post("/sandbox/views/{view}/close", self.close),
            web.post("/sandbox/views/{view}/actions", self.act),
        ]

    async def open_views(self, request: web.Request) -> web.Response:
        """The open views of one person, or without `as` of all, the newest last."""
        user = reading.query(request, known=("as",)).optional_text("as")
        found = self.views.of(None if user is None else acting(self.world, user).id)
        shown = {
            view.id: {
                "user": view.user,
                "errors": dict(view.errors),
                "trouble": acks.TROUBLE if view.has_trouble else None,
            }
            for view in found
        }
        rows = [shapes.view(view, self.views, self.world) for view in found]
        return web.json_response({"views": rows, "shown": shown})

    async def submit(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=_SUBMIT)
        return web.json_response(await self.submissions.submit(_use(request, fields)))

    async def close(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=_CLOSE)
        use = _use(request, fields)
        if fields.flag("lost"):
            return web.json_response({"sent": False, "lost": self.submissions.lose(use)})
        return web.json_response(await self.submissions.close(use, clear=fields.flag("clear")))

    async def act(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=_ACTION)
        value = _entry(fields, "value", fields.raw("value"))
        wanted = ElementSelector(
            action_id=fields.text("action_id"),
            block_id=fields.optional_text("block_id"),
            value=value if isinstance(value, str) else None,
            selected_options=value if isinstance(value, tuple) else None,
        )
        seconds = seconds_to_wait(fields)
        result = await self.submissions.act(_use(request, fields), wanted)
        return web.json_response(await self.opened_views.added(result, seconds))


def _use(request: web.Request, fields: reading.Fields) -> Use:
    unchecked = fields.flag("unchecked")
    return Use(
        view_id=request.match_info["view"],
        user=fields.text("user"),
        entered=_entered(fields, unchecked=unchecked),
        unchecked=unchecked,
        request_url=fields.optional_text("request_url"),
    )


def _entered(fields: reading.Fields, *, unchecked: bool) -> Mapping[Key, Entry | Json]:
    """What is entered: by block_id, then by action_id, a text, a list of texts, or null; unchecked also an object."""
    entered: dict[Key, Entry | Json] = {}
    for block_id, block in (fields.object("values") or {}).items():
        if not isinstance(block, dict):
            raise fields.refused(f"values.{block_id}", "must be an object of action_ids")
        for action_id, value in block.items():
            is_raw = unchecked and isinstance(value, dict)
            entered[block_id, action_id] = value if is_raw else _entry(fields, f"values.{block_id}.{action_id}", value)
    return entered


def _entry(fields: reading.Fields, name: str, value: object) -> Entry:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise fields.refused(name, "must be text, a list of texts, or null")
