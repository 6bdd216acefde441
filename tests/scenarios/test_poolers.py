"""A replica whose way to the database leads through PgBouncer: refused in words, or led around it."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from tests import pgbouncer
from tests.scenarios.commands import run, start
from tests.waiting import until

pytestmark = pytest.mark.processes

SETTINGS = {"ASKBRIDGE_SLACK_SIGNING_SECRET": "sandbox", "ASKBRIDGE_PORT": "0"}
SWALLOWING = "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout"


@pytest.mark.parametrize("settings", [[], [SWALLOWING]], ids=["refusing our limits", "swallowing our limits"])
async def test_m072_serve_refuses_a_pooler_and_says_what_to_do(
    dsn: str, reachable_path: Path, settings: list[str]
) -> None:
    with pgbouncer.before(dsn, reachable_path, *settings) as through:
        status, out, err = await run("serve", ASKBRIDGE_DATABASE_URL=through, **SETTINGS)

    assert (status, out) == (1, "")
    assert "ASKBRIDGE_DATABASE_DIRECT_URL" in err


async def test_m072_with_a_way_around_it_serve_is_ready(dsn: str, reachable_path: Path) -> None:
    with pgbouncer.before(dsn, reachable_path) as through:
        process = await start(
            *("serve", "--json"), ASKBRIDGE_DATABASE_URL=through, ASKBRIDGE_DATABASE_DIRECT_URL=dsn, **SETTINGS
        )
        assert process.stdout is not None
        try:
            url = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))["url"]
            async with aiohttp.ClientSession() as http:

                async def ready() -> int:
                    async with http.get(f"{url}/readyz") as reply:
                        return reply.status

                await until(ready, lambda status: status == 200)
        finally:
            process.terminate()
            await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0
