"""The feed of the whole program, read with curl: events of one replica arrive on the other."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.scenarios.program import Program
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


@contextlib.asynccontextmanager
async def curl(shared: Program, replica: int, *more: str) -> AsyncIterator[asyncio.StreamReader]:
    """A stream as the page of the API has it typed."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("this machine has no curl")
    process = await asyncio.create_subprocess_exec(
        *(program, "-sN", f"{shared.bridge(replica)}/v1/events", "-H", "Accept: text/event-stream"),
        *("-H", f"Authorization: Bearer {shared.facts['api_key']}", *more),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE) == b"retry: 2000\n"
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()


async def event(lines: asyncio.StreamReader, asked: dict[str, Any], type: str) -> dict[str, Any]:
    """The event of this type of a question, as soon as it comes; other tests open interactions here too."""
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            if line.startswith(b"data: "):
                body: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                if (body["type"], body["data"]["id"]) == (type, asked["id"]):
                    return body
    raise AssertionError("the stream ended")


async def test_m073_an_answer_on_one_replica_is_streamed_on_the_other_and_resumed_there(shared: Program) -> None:
    async with curl(shared, 1) as lines:
        asked = await shared.posted(await shared.ask())
        created = await event(lines, asked, "interaction.created")
        await event(lines, asked, "interaction.posted")
        await shared.click(asked, "U0ANA", replica=0)
        answered = await event(lines, asked, "interaction.answered")

    assert answered["data"]["answer"]["approved"] is True
    async with curl(shared, 0, "-H", f"Last-Event-ID: {created['id']}") as lines:
        assert (await event(lines, asked, "interaction.answered"))["id"] == answered["id"]
