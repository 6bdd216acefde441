"""Damaged views, acknowledgements and entries of modals: no 5xx, and every view that is taken can be submitted."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.slack.server import HOST, Sandbox
from sandbox.slack.views.stacks import MAX_STACK
from tests.generated import scale
from tests.generated.damage import absurd, damaged
from tests.generated.scale import Tried
from tests.sandbox.slack.validator.examples import GOOD
from tests.sandbox.slack.views.modals import MORE, modal, plain, text_input

TAKEN = {"ok", "invalid_arguments", "invalid_json", "json_not_object", "view_too_large", "invalid_trigger_id"}
TAKEN |= {"exchanged_trigger_id", "unknown_method", "not_authed", "invalid_auth", "push_limit_reached", "not_found"}
ACKS: list[dict[str, Any]] = [
    {"response_action": "clear"},
    {"response_action": "errors", "errors": {"why": "Say more."}},
    {"response_action": "update", "view": modal(text_input(), MORE)},
    {"response_action": "push", "view": modal(text_input("other"))},
]


@dataclass
class World:
    """A sandbox, and an app whose acknowledgement is the test's."""

    slack: Sandbox
    http: aiohttp.ClientSession
    ack: bytes = b""

    def trigger(self, *, view_id: str | None = None) -> str:
        bot = self.slack.world.app.bot_user_id
        return self.slack.views.triggers.give(bot_user_id=bot, user="U0ANA", view_id=view_id)

    async def call(self, method: str, body: bytes) -> str:
        """The error word of a call whose body has these bytes, or `ok`."""
        token = self.slack.world.app.bot_token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with self.http.post(f"{self.slack.api_url}{method}", data=body, headers=headers) as answer:
            assert answer.status == 200, body
            said = await answer.json()
        return "ok" if said["ok"] else str(said["error"])

    async def control(self, path: str, body: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.slack.url}/sandbox/{path}", json=body) as answer:
            assert answer.status < 500, (path, body)
            return answer.status, await answer.json()

    async def views(self) -> list[Any]:
        async with self.http.get(f"{self.slack.url}/sandbox/views", params={"as": "U0ANA"}) as answer:
            assert answer.status == 200
            return list((await answer.json())["views"])

    async def opened(self, view: Any) -> Any:
        assert await self.call("views.open", json.dumps({"trigger_id": self.trigger(), "view": view}).encode()) == "ok"
        return (await self.views())[-1]

    async def close_all(self) -> None:
        for view in reversed(await self.views()):
            await self.control(f"views/{view['id']}/close", {"user": "U0ANA"})
        assert await self.views() == []


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with Sandbox(posting_limit=False) as slack, aiohttp.ClientSession() as http:
        world = World(slack, http)

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(body=world.ack, content_type="application/json")

        app = web.Application()
        app.add_routes([web.post("/slack/events", answer)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        slack.delivery.request_urls[slack.world.app.id] = (f"http://{HOST}:{runner.addresses[0][1]}/slack/events",)
        yield world
        await runner.cleanup()


async def test_a_damaged_view_is_refused_or_can_be_submitted(world: World, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    for case in range(scale.many(1_500)):
        blocks = [block for good in chance.sample(GOOD, 3) for block in good][:100]
        whole = {"trigger_id": world.trigger(), "view": modal(*blocks, MORE, close=plain("No"), private_metadata="x")}
        body = json.dumps(whole).encode()
        body = damaged(body, chance) if case % 3 == 0 else json.dumps(absurd(whole, chance)).encode()

        said = await world.call("views.open", body)

        tried(said)
        assert said in TAKEN, body
        for view in await world.views():
            status, answer = await world.control(f"views/{view['id']}/submit", {"user": "U0ANA", "unchecked": True})
            assert (status, answer["trouble"]) == (200, None), body
    assert {"ok", "invalid_arguments"} <= tried.counts.keys()


async def test_a_damaged_acknowledgement_is_trouble_or_does_what_it_says(world: World, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    for case in range(scale.many(600)):
        whole = ACKS[case % len(ACKS)]
        body = json.dumps(whole).encode()
        if case >= len(ACKS):  # the first are whole
            body = damaged(body, chance) if chance.random() < 0.5 else json.dumps(absurd(whole, chance)).encode()
        world.ack = body
        view = await world.opened(modal(text_input(), MORE))

        status, answer = await world.control(f"views/{view['id']}/submit", {"user": "U0ANA", "unchecked": True})

        assert status == 200
        now = await world.views()
        assert len(now) <= MAX_STACK
        if answer["trouble"]:
            assert [one["hash"] for one in now] == [view["hash"]], world.ack
        tried("trouble" if answer["trouble"] else f"{whole['response_action']} done")
        await world.close_all()
    assert {"trouble", "errors done", "update done", "push done"} <= tried.counts.keys()


async def test_damaged_entries_are_refused_or_entered(world: World, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    view = await world.opened(modal(*(block for good in GOOD[-12:] for block in good), MORE))
    world.ack = b"no"  # so that the view stays
    values = {block_id: dict.fromkeys(block, "x") for block_id, block in view["state"]["values"].items()}
    whole: dict[str, Any] = {"user": "U0ANA", "values": values, "unchecked": False}
    action = {"user": "U0ANA", "action_id": "more", "block_id": "buttons", "value": "1", "values": values}
    for case in range(scale.many(600)):
        path, body = ("submit", whole) if case % 2 else ("actions", action)

        status, answer = await world.control(f"views/{view['id']}/{path}", absurd(body, chance))

        tried(f"{path} {status} {answer.get('error')}")
        assert status in (200, 400, 404, 409, 422), answer
        assert len(await world.views()) == 1
