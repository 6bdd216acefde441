"""Fixtures: a running sandbox, Slack's unmodified SDK as its client, its control API, and apps that receive clicks."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox


@dataclass
class Clock:
    """A clock that changes only when a test moves it."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Control:
    """The control API, as the page and scripts use it."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, resource: str, **params: Any) -> Any:
        status, answer = await self.try_get(resource, **params)
        assert status == 200, answer
        return answer

    async def try_get(self, resource: str, **params: Any) -> tuple[int, Any]:
        query = {name.rstrip("_"): value for name, value in params.items()}
        async with self.http.get(f"{self.url}/sandbox/{resource}", params=query) as answer:
            return answer.status, await answer.json()

    async def post(self, resource: str, **body: Any) -> Any:
        status, answer = await self.try_post(resource, **body)
        assert status == 200, answer
        return answer

    async def try_post(self, resource: str, **body: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.url}/sandbox/{resource}", json=body) as answer:
            return answer.status, await answer.json()

    async def texts(self, channel: str, *, as_: str) -> list[str]:
        found = await self.get("messages", channel=channel, as_=as_)
        return [message["text"] for message in found["messages"]]


@dataclass
class ClickListener:
    """An app that records the requests of Slack, and responds with the status and the body that the test sets."""

    url: str = ""
    status: int = 200
    json: Any = None
    text: str = ""
    hangs: bool = False
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        if self.hangs:
            await self.release.wait()
        if self.json is not None:
            return web.json_response(self.json, status=self.status)
        return web.Response(status=self.status, text=self.text)

    def payloads(self, type_: str) -> list[Any]:
        """The payloads of one type, oldest first."""
        return [payload for _, body in self.got if (payload := payload_of(body))["type"] == type_]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
async def client(slack: Sandbox, http: aiohttp.ClientSession) -> AsyncWebClient:
    token = slack.world.app.bot_token
    return AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[], session=http)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def control(slack: Sandbox, http: aiohttp.ClientSession) -> Control:
    return Control(slack.url, http)


Serve = Callable[[web.Application], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves an application on a free port of this machine; returns its origin."""
    runners: list[web.AppRunner] = []

    async def start(app: web.Application) -> str:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


Listen = Callable[[], Awaitable[ClickListener]]


@pytest.fixture
async def listen(serve: Serve) -> AsyncIterator[Listen]:
    listeners: list[ClickListener] = []

    async def start() -> ClickListener:
        listener = ClickListener()
        listeners.append(listener)
        app = web.Application()
        app.add_routes([web.post("/slack/events", listener.answer)])
        listener.url = await serve(app) + "/slack/events"
        return listener

    yield start
    for listener in listeners:
        listener.release.set()


@pytest.fixture
async def app(control: Control, listen: Listen) -> ClickListener:
    """An app to which Slack sends what people do."""
    listener = await listen()
    await clicks_go_to(control, listener)
    return listener


def card(*, value: str = "1", action_id: str = "approve", block_id: str = "ask") -> list[dict[str, Any]]:
    """A section and one button."""
    button = {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "style": "primary",
        "text": {"type": "plain_text", "text": "Approve"},
    }
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Deploy?"}},
        {"type": "actions", "block_id": block_id, "elements": [button]},
    ]


def select(*, options: int = 2) -> list[dict[str, Any]]:
    """One select with this many options, whose values are "0", "1", …"""
    element = {
        "type": "static_select",
        "action_id": "region",
        "placeholder": {"type": "plain_text", "text": "Choose"},
        "options": [{"text": {"type": "plain_text", "text": f"Region {n}"}, "value": str(n)} for n in range(options)],
    }
    return [{"type": "actions", "block_id": "ask", "elements": [element]}]


async def card_to_click(client: AsyncWebClient, blocks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Post a card; returns the body of a click on it by ana."""
    answer = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=blocks or card())
    return {"user": "U0ANA", "channel": "C0APPROVALS", "ts": answer["ts"], "action_id": "approve"}


def verifies(slack: Sandbox, headers: dict[str, str], body: bytes) -> bool:
    return SignatureVerifier(slack.world.app.signing_secret).is_valid_request(body, headers)


def payload_of(body: bytes) -> Any:
    return json.loads(parse_qs(body.decode())["payload"][0])


async def clicks_go_to(control: Control, *listeners: ClickListener) -> None:
    await control.post("request_urls", request_urls=[listener.url for listener in listeners])


async def clicks_go_to_bolt(control: Control, serve: Serve, bolt: AsyncApp) -> None:
    """Serve a Bolt app, to which clicks go from now on."""

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.add_routes([web.post("/slack/events", events)])
    await control.post("request_urls", request_urls=[f"{await serve(app)}/slack/events"])


async def refusal(call: Awaitable[Any]) -> str:
    """Slack's error word for this call, which must be refused."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])
