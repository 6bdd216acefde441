import asyncio
import json
import signal
import sys
import time
from urllib.parse import urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient


@pytest.mark.processes
@pytest.mark.parametrize("farewell", [signal.SIGTERM, signal.SIGINT])
async def test_the_program_says_where_it_is_and_ends_at_once(farewell: signal.Signals) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox.slack",
        "--signing-secret",
        "given",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    started = json.loads(await asyncio.wait_for(program.stdout.readline(), 10))
    assert started["pid"] == program.pid
    assert started["signing_secret"] == "given"

    client = AsyncWebClient(token=started["bot_token"], base_url=f"{started['slack_url']}/api/", retry_handlers=[])
    who = await client.auth_test()
    assert (who["app_id"], who["team_id"]) == (started["app_id"], started["team_id"])
    assert who["user_id"] == started["bot_user_id"]
    address = urlsplit(started["slack_url"]).netloc
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(f"GET /sandbox/changes?after={2**53}&timeout=30 HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    await client.auth_test()  # sent after the poll, and answered by the same loop: the poll has arrived
    stopped_at = time.monotonic()
    program.send_signal(farewell)
    rest, errors = await asyncio.wait_for(program.communicate(), 10)

    assert (program.returncode, rest) == (0, b"")
    assert time.monotonic() - stopped_at < 3  # 0.1 s on an idle machine; the poll would have taken 30 s
    assert b"Traceback" not in errors
    assert started["bot_token"].encode() not in errors
    assert (await reader.read()).startswith(b"HTTP/1.1 200"), "the poll is answered before the end"
    writer.close()
