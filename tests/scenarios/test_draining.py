"""SIGTERM to one of two replicas: it serves on, and a second signal, or Ctrl-C, does not wait for that."""

import asyncio
import os
import pty
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.draining import DRAIN
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.scenarios.test_output import serving
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

LONG = "600"  # seconds


async def test_a_replica_that_is_told_to_stop_serves_everything_until_it_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DRAIN, LONG)
    async with program.running(tmp_path) as dev:
        asked = await dev.ask(replica=0)
        waiting = asyncio.create_task(dev.get(asked["id"], replica=0, wait=50))
        stream = await _stream(dev)
        dev.kill(0, signal.SIGTERM)
        await until(lambda: dev.call("GET", f"{dev.bridge(0)}/readyz"), lambda told: told[0] == 503)

        later = await dev.ask(replica=0)
        clicked = await dev.click(asked, "U0ANA", replica=0)

        assert later["cards"][0]["status"] == "posted"
        assert clicked["status"] == 200
        assert (await waiting)["status"] == "answered"
        assert await _line(stream, b"interaction.answered")
        assert "*Approved*" in (await dev.settled(asked))["text"]

        waits_on = asyncio.create_task(dev.get(later["id"], replica=0, wait=50))
        await until(lambda: asyncio.to_thread(dev.log.read_text), lambda log: "stop_requested" in log)
        dev.kill(0, signal.SIGTERM)

        assert (await asyncio.wait_for(waits_on, PATIENCE))["status"] == "pending"
        assert await _line(stream, b"") == b"", "the stream ends"
        await program.gone(dev.facts["pids"]["replicas"][0])
        stream.close()
        assert (await dev.click(later, "U0ANA", replica=1))["status"] == 200
    assert (await asyncio.to_thread(dev.log.read_text)).count("replica_stopped") == 2, "one was killed"


async def _stream(dev: Program) -> aiohttp.ClientResponse:
    headers = {"Authorization": f"Bearer {dev.facts['api_key']}", "Accept": "text/event-stream"}
    stream = await dev.http.get(f"{dev.bridge(0)}/v1/events", headers=headers)
    assert stream.status == 200
    return stream


async def _line(stream: aiohttp.ClientResponse, wanted: bytes) -> bytes:
    """The next line that has this; empty at the end of the stream."""
    async with asyncio.timeout(PATIENCE):
        while line := await stream.content.readline():
            if wanted and wanted in line:
                return line
    return b""


@pytest.mark.parametrize("at_a_terminal", [True, False])
async def test_ctrl_c_at_a_terminal_skips_the_drain_and_sigint_of_a_supervisor_does_not(
    dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, at_a_terminal: bool
) -> None:
    monkeypatch.setenv(DRAIN, LONG)
    terminal, its_end = pty.openpty()
    log = tmp_path / "serve.log"
    with log.open("wb") as err:
        stdin = its_end if at_a_terminal else asyncio.subprocess.DEVNULL
        process = await serving(dsn, str(program.COMMAND), "serve", "--json", err=err.fileno(), stdin=stdin)
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), program.READY_SECONDS)
        os.kill(process.pid, signal.SIGINT)
        if not at_a_terminal:
            await until(lambda: asyncio.to_thread(log.read_text), lambda text: "stop_requested" in text)
            os.kill(process.pid, signal.SIGINT)

        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    os.close(terminal)
    os.close(its_end)
    text = log.read_text()
    assert f"stop_requested seconds={0 if at_a_terminal else LONG}\n" in text
    assert "Traceback" not in text
