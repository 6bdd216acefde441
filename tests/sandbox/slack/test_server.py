import asyncio
import time

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.waiting import until


async def test_secrets_are_random_unless_given() -> None:
    one, other = Sandbox(), Sandbox()
    mine = Sandbox(bot_token="xoxb-sandbox-mine", signing_secret="mine")

    assert one.world.app.bot_token.startswith("xoxb-sandbox-")
    assert one.world.app.bot_token != other.world.app.bot_token
    assert one.world.app.signing_secret != other.world.app.signing_secret
    assert (mine.world.app.bot_token, mine.world.app.signing_secret) == ("xoxb-sandbox-mine", "mine")
    assert "mine" not in repr(mine.world.app)


async def test_it_listens_on_this_machine_only() -> None:
    async with Sandbox() as slack:
        assert slack.url.startswith("http://127.0.0.1:")
        assert slack.api_url == f"{slack.url}/api/"


async def test_stopping_cuts_long_polls_and_slow_answers_at_once(http: aiohttp.ClientSession) -> None:
    slack = Sandbox()
    await slack.start()
    after = slack.changes.version + 100  # more than the changes of this test: the fault, and its use
    poll = asyncio.create_task(_version(http, f"{slack.url}/sandbox/changes?after={after}&timeout=30"))
    async with http.post(
        f"{slack.url}/sandbox/faults", json={"on": "auth.test", "fault": "slow", "seconds": 60}
    ) as answer:
        assert answer.status == 200
    client = AsyncWebClient(token=slack.world.app.bot_token, base_url=slack.api_url, retry_handlers=[])
    slow = asyncio.create_task(client.auth_test())
    await until(lambda: slack.requests)
    started = time.monotonic()

    await slack.stop()

    assert time.monotonic() - started < 3  # 0.3 s on an idle machine; the poll would have taken 30 s
    assert await poll == slack.changes.version
    with pytest.raises(aiohttp.ClientConnectionError):
        await slow
    await slack.stop()


async def _version(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url) as answer:
        return int((await answer.json())["version"])
