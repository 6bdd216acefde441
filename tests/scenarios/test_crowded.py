"""An organization at its limits: it gets its share, and clicks, probes and other requests are answered."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from sandbox.children import Child
from tests.scenarios import restart
from tests.scenarios.program import Program

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

FILES = 256
CONNECTIONS, OPEN, SHARE = 128, 96, 48  # what follows from it
PATIENCE = 10.0


@dataclass(kw_only=True)
class Small:
    """A replica with a low limit of open files, beside the two of the program."""

    dev: Program
    url: str
    process: psutil.Process
    stack: contextlib.AsyncExitStack

    async def send(self, path: str | None, **headers: str) -> tuple[asyncio.StreamReader, bytes]:
        """Connect, and send a request, or nothing; the status of its answer. The connection stays open."""
        parts = urlsplit(self.url)
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            self.stack.callback(writer.close)
            if path is None:
                return reader, b""
            sent = {"Host": parts.netloc, "Authorization": f"Bearer {self.dev.facts['api_key']}", **headers}
            lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
            writer.write("\r\n".join(lines).encode())
            return reader, (await reader.readuntil(b"\r\n\r\n"))[9:12]


@pytest.fixture
async def small(shared: Program, tmp_path: Path) -> AsyncIterator[Small]:
    settings = restart.settings(shared, "http://127.0.0.1:0")
    log = tmp_path / "small.log"
    with log.open("wb") as written:
        arguments = (str(FILES), "serve", "--json")
        child = Child(
            "small", "tests.scenarios.limited", *arguments, settings=settings, unset="ASKBRIDGE_", log=written
        )
        async with child, contextlib.AsyncExitStack() as stack:
            await child.ready()
            yield Small(dev=shared, url=child.ready_info["url"], process=psutil.Process(child.pid), stack=stack)
    logged = log.read_text()
    assert "descriptors_few" in logged and "connections_crowded" in logged
    assert "out of system resource" not in logged and "Traceback" not in logged


async def test_whatever_one_organization_holds_clicks_and_probes_are_answered(small: Small) -> None:
    shared = small.dev
    asked = await shared.posted(await shared.ask())
    streams = [await small.send("/v1/events", Accept="text/event-stream") for _ in range(2 * SHARE)]
    for _ in range(CONNECTIONS):
        await small.send(None)
        await small.send("/healthz")

    assert Counter(status for _, status in streams) == {b"200": SHARE, b"429": SHARE}
    assert small.process.rlimit(psutil.RLIMIT_NOFILE) == (FILES, FILES)
    assert small.process.num_fds() < FILES - 64
    waits = await small.send(f"/v1/interactions/{asked['id']}?wait=60")
    assert waits[1] == b"429"
    for path in ("/readyz", f"/v1/interactions/{asked['id']}"):
        assert (await small.send(path))[1] == b"200"
    clicked = await shared.click(asked, "U0ANA", replica=0, request_url=f"{small.url}/slack/events")
    assert clicked["status"] == 200
    async with asyncio.timeout(PATIENCE):  # the oldest connection gets the event
        while line := await streams[0][0].readline():
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                if (event["type"], event["data"]["id"]) == ("interaction.answered", asked["id"]):
                    return
    raise AssertionError("a stream was closed")
