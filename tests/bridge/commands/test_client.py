"""The API client of `askbridge ask` while its organization is over a limit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import aiohttp
import pytest
from aiohttp import web

from bridge.agents.http import problems
from bridge.agents.http.problems import RATE_LIMITED, TOO_MANY_PENDING, ApiProblem
from bridge.commands.client import Bridge, NoAnswer

ASKED = {"id": "int_1", "status": "pending", "message": "Waiting."}
ANSWERED = ASKED | {"status": "answered"}
TOO_FAST = ApiProblem(RATE_LIMITED, "Too many requests.", retry_after=1)
FULL = ApiProblem(TOO_MANY_PENDING, "Too many questions.", retry_after=30)

Answering: TypeAlias = Callable[..., Awaitable[Bridge]]


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    """Starts a server with these responses, one after the other (None: it never responds); returns a client for it."""
    runners: list[web.AppRunner] = []
    async with aiohttp.ClientSession() as http:

        async def serve(*answers: ApiProblem | dict[str, str] | None) -> Bridge:
            left = iter(answers)

            async def answer(_: web.Request) -> web.Response:
                body = next(left)
                if body is None:
                    await asyncio.Event().wait()
                return problems.response(body) if isinstance(body, ApiProblem) else web.json_response(body)

            app = web.Application()
            app.router.add_route("*", "/{path:.*}", answer)
            runners.append(web.AppRunner(app, shutdown_timeout=0.1))
            await runners[-1].setup()
            await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runners[-1].addresses[0][1]}"
            return Bridge(url=url, key="askb_1", http=http, pause=0.01)

        yield serve
    for runner in runners:
        await runner.cleanup()


async def test_waiting_for_an_answer_goes_on_over_the_rate_limit(answering: Answering) -> None:
    bridge = await answering(TOO_FAST, TOO_FAST, ANSWERED)

    assert await bridge.end(ASKED, within=None) == ANSWERED


async def test_a_bridge_that_does_not_respond_is_asked_again_soon_and_the_user_is_told(answering: Answering) -> None:
    """The first response never comes, as from a replica that hangs; the others come from another replica."""
    told: list[str] = []
    bridge = replace(await answering(None, ASKED, None, ANSWERED), tell=told.append, margin=0.2)

    async with asyncio.timeout(5):
        assert await bridge.ask({}) == ASKED
        assert await bridge.end(ASKED, within=0.1) == ASKED, "the time is over"
        assert await bridge.end(ASKED, within=None) == ANSWERED

    assert len(told) == 1 and told[0].endswith("asking again …"), told


async def test_a_question_is_sent_again_a_few_times(answering: Answering) -> None:
    assert await (await answering(TOO_FAST, TOO_FAST, ASKED)).ask({}) == ASKED
    with pytest.raises(NoAnswer, match=r"^Too many requests\.$"):
        await (await answering(TOO_FAST, TOO_FAST, TOO_FAST)).ask({})


async def test_without_room_it_is_not_sent_again(answering: Answering) -> None:
    with pytest.raises(NoAnswer, match=r"^Too many questions\.$"):
        await (await answering(FULL)).ask({})
