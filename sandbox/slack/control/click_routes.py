"""Clicking as somebody, and the record of the last clicks."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.slack.actions import Wanted
from sandbox.slack.clicks import Click, Clicks
from sandbox.slack.control import reading
from sandbox.slack.model import Json
from sandbox.slack.payloads import UNCHANGED, Overrides

_CLICK = (
    "user",
    "channel",
    "ts",
    "action_id",
    "value",
    "block_id",
    "selected_option",
    "selected_options",
    "request_url",
    "stale",
    "user_team",
    "team",
    "enterprise",
    "app_id",
    "api_app_id",
    "repeat",
    "delay_ms",
)
MOST_REPEATS = 1000


@dataclass(frozen=True, kw_only=True)
class Mouse:
    """One mouse for everybody."""

    clicks: Clicks

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/sandbox/clicks", self.click), web.get("/sandbox/clicks", self.recent)]

    async def click(self, request: web.Request) -> web.Response:
        asked = await reading.body(request, known=_CLICK)
        return web.json_response(await self.clicks.click(_click(asked)))

    async def recent(self, request: web.Request) -> web.Response:
        most = int(reading.query(request, known=("most",)).number("most", default=100, least=1))
        return web.json_response({"clicks": self.clicks.recent(most=most)})


def _click(asked: reading.Fields) -> Click:
    stale = _stale(asked)
    return Click(
        user=asked.text("user"),
        channel=asked.text("channel"),
        ts=asked.text("ts"),
        wanted=_wanted(asked) if stale is None or "action_id" in asked else None,
        stale=stale,
        overrides=_overrides(asked),
        request_url=asked.optional_text("request_url"),
        repeat=int(asked.number("repeat", default=1, least=1, most=MOST_REPEATS)),
        delay=asked.number("delay_ms", default=0) / 1000,
    )


def _wanted(asked: reading.Fields) -> Wanted:
    return Wanted(
        action_id=asked.text("action_id"),
        block_id=asked.optional_text("block_id"),
        value=asked.optional_text("value"),
        selected_option=_chosen(asked),
        selected_options=asked.texts("selected_options") if "selected_options" in asked else None,
    )


def _chosen(asked: reading.Fields) -> str | None:
    """The value of the chosen option; the page sends the whole option, scripts only its value."""
    option: Any = asked.raw("selected_option")
    value = option.get("value") if isinstance(option, dict) else option
    if value is not None and not isinstance(value, str):
        raise reading.refused("selected_option must be an option or its value")
    return value


def _stale(asked: reading.Fields) -> Json | None:
    given = asked.object("stale")
    if given is None:
        return None
    stale = reading.Fields(given, known=("block_id", "action_id", "value", "type", "text"))
    if (stale.optional_text("type") or "button") not in ("button", "static_select"):
        raise reading.refused("stale.type must be button or static_select")
    return {
        "block_id": stale.text("block_id"),
        "action_id": stale.text("action_id"),
        "type": stale.optional_text("type"),
        "text": stale.optional_text("text"),
        "value": stale.optional_text("value") or _chosen(asked),
    }


def _overrides(asked: reading.Fields) -> Overrides:
    app_id = asked.optional_text("api_app_id") or asked.optional_text("app_id")
    return Overrides(
        user_team=asked.optional_text("user_team") or UNCHANGED,
        team=asked.optional_text("team") if "team" in asked else UNCHANGED,
        enterprise=asked.optional_text("enterprise") if "enterprise" in asked else UNCHANGED,
        api_app_id=app_id or UNCHANGED,
    )
