"""Control routes of clicks: clicking as a person, and the record of the last clicks."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.slack.actions import ElementSelector
from sandbox.slack.clicks import Click, Clicks
from sandbox.slack.control import reading
from sandbox.slack.control.opened_views import OpenedViews, seconds_to_wait
from sandbox.slack.element_values import Entry
from sandbox.slack.model import Json
from sandbox.slack.payloads import UNCHANGED, Overrides

CLICK = (
    "user",
    "channel",
    "ts",
    "action_id",
    "value",
    "block_id",
    "selected_option",
    "selected_options",
    "request_url",
    "state",
    "stale",
    "user_team",
    "team",
    "enterprise",
    "app_id",
    "api_app_id",
    "repeat",
    "delay_ms",
    "wait_view",
)
MAX_REPEATS = 1000


@dataclass(frozen=True, kw_only=True)
class ClickRoutes:
    """The routes of `/sandbox/clicks`."""

    clicks: Clicks
    opened_views: OpenedViews

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/sandbox/clicks", self.click), web.get("/sandbox/clicks", self.recent)]

    async def click(self, request: web.Request) -> web.Response:
        fields = await reading.body(request, known=CLICK)
        seconds = seconds_to_wait(fields)
        result = await self.clicks.click(_click(fields))
        return web.json_response(await self.opened_views.added(result, seconds))

    async def recent(self, request: web.Request) -> web.Response:
        limit = int(reading.query(request, known=("most",)).number("most", default=100, minimum=1))
        return web.json_response({"clicks": self.clicks.recent(limit=limit)})


def _click(fields: reading.Fields) -> Click:
    stale = _stale(fields)
    return Click(
        user=fields.text("user"),
        channel=fields.text("channel"),
        ts=fields.text("ts"),
        wanted=_wanted(fields) if stale is None or "action_id" in fields else None,
        stale=stale,
        entries=_entries(fields),
        overrides=_overrides(fields),
        request_url=fields.optional_text("request_url"),
        repeat=int(fields.number("repeat", default=1, minimum=1, maximum=MAX_REPEATS)),
        delay=fields.number("delay_ms", default=0) / 1000,
    )


def _wanted(fields: reading.Fields) -> ElementSelector:
    return ElementSelector(
        action_id=fields.text("action_id"),
        block_id=fields.optional_text("block_id"),
        value=fields.optional_text("value"),
        selected_option=_chosen(fields),
        selected_options=fields.texts("selected_options") if "selected_options" in fields else None,
    )


def _chosen(fields: reading.Fields) -> str | None:
    """The value of the chosen option. The page sends the whole option, scripts send only its value."""
    option: Any = fields.raw("selected_option")
    value = option.get("value") if isinstance(option, dict) else option
    if value is not None and not isinstance(value, str):
        raise reading.refused("selected_option must be an option or its value")
    return value


def _stale(fields: reading.Fields) -> Json | None:
    stale = fields.inner("stale", known=("block_id", "action_id", "value", "type", "text"))
    if stale is None:
        return None
    if (stale.optional_text("type") or "button") not in ("button", "static_select"):
        raise reading.refused("stale.type must be button or static_select")
    return {
        "block_id": stale.text("block_id"),
        "action_id": stale.text("action_id"),
        "type": stale.optional_text("type"),
        "text": stale.optional_text("text"),
        "value": stale.optional_text("value") or _chosen(fields),
    }


def _entries(fields: reading.Fields) -> dict[tuple[str, str], Entry]:
    """What is entered in the message: by block_id, then by action_id, a text, an option's value, a list, or null."""
    entries: dict[tuple[str, str], Entry] = {}
    for block_id, block in (fields.object("state") or {}).items():
        if not isinstance(block, dict):
            raise fields.refused(f"state.{block_id}", "must be an object of action_ids")
        for action_id, value in block.items():
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not (is_list or value is None or isinstance(value, str)):
                raise fields.refused(f"state.{block_id}.{action_id}", "must be text, a list of texts, or null")
            entries[block_id, action_id] = tuple(value) if is_list else value
    return entries


def _overrides(fields: reading.Fields) -> Overrides:
    app_id = fields.optional_text("api_app_id") or fields.optional_text("app_id")
    return Overrides(
        user_team=fields.optional_text("user_team") or UNCHANGED,
        team=fields.optional_text("team") if "team" in fields else UNCHANGED,
        enterprise=fields.optional_text("enterprise") if "enterprise" in fields else UNCHANGED,
        api_app_id=app_id or UNCHANGED,
    )
