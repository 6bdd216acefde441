"""docs/examples/watchdog.py reports a stalled job, is woken by events, and resolves, against real processes."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.card import action_ids
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "watchdog.py"


@contextlib.asynccontextmanager
async def watchdog(dev: Program, folder: Path, *options: str) -> AsyncIterator[asyncio.StreamReader]:
    """The example, watching a folder; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), str(folder), "--every", "0.2", "--to", "C0APPROVALS", *options),
        env={**os.environ, "ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"]},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def recovery(dev: Program, job: str) -> dict[str, Any]:
    """The latest recovery of a job, once there is one."""

    async def look() -> list[dict[str, Any]]:
        _, page = await dev.call("GET", f"{dev.bridge(1)}/v1/recoveries?source_type=job&source_id={job}")
        items: list[dict[str, Any]] = page["items"]
        return items

    latest: dict[str, Any] = (await until(look, bool))[0]
    return latest


async def said(output: asyncio.StreamReader, words: str) -> None:
    while words not in (await output.readline()).decode():
        pass


def stall(folder: Path, job: str, *, seconds: float) -> Path:
    heartbeat = folder / f"{job}.heartbeat"
    heartbeat.touch()
    os.utime(heartbeat, times=(time.time() - seconds,) * 2)
    return heartbeat


async def test_a_stalled_job_is_restarted_and_its_recovery_resolved(shared: Program, tmp_path: Path) -> None:
    stall(tmp_path, "import", seconds=700)

    async with watchdog(shared, tmp_path, "--restart", f"touch {tmp_path}/{{job}}.heartbeat") as output:
        await said(output, "import: going on, after it was restored")

    ended = await recovery(shared, "import")
    assert (ended["status"], ended["outcome"], ended["note"]) == ("resolved", "restored", "Its heartbeat is back.")
    assert ended["attempt_count"] == 1, "each look repeats the report of the same attempt"


async def test_a_person_restores_what_it_cannot_and_a_second_watchdog_counts_nothing_twice(
    shared: Program, tmp_path: Path
) -> None:
    heartbeat = stall(tmp_path, "export", seconds=700)
    async with watchdog(shared, tmp_path) as output, watchdog(shared, tmp_path):
        of = await rounds.shown(shared, "recoveries", (await recovery(shared, "export"))["id"])
        assert (await of.get())["attempt_count"] == 1
        heartbeat.touch()

        await of.click("U0ANA", action_ids.choose("restored"))

        await said(output, "export: going on, after it was restored")
    assert (await of.get())["status"] == "resolved"


async def test_its_help_has_examples_and_it_says_what_is_missing() -> None:
    without = {name: value for name, value in os.environ.items() if not name.startswith("ASKBRIDGE_")}
    for arguments, status, words in (
        (["--help"], 0, "watchdog.py /var/run/jobs --stalled 600"),
        ([".", "--to", "C0X"], 1, "Set ASKBRIDGE_URL; see --help."),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), *arguments),
            env=without,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()

        assert (process.returncode, words in out.decode()) == (status, True), out
