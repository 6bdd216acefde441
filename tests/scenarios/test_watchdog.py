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


def interruptible() -> None:
    """Let SIGINT end the program, also where a shell that runs the tests in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.asynccontextmanager
async def watchdog(dev: Program, folder: Path, *options: str) -> AsyncIterator[asyncio.StreamReader]:
    """The example, watching a folder; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), str(folder), "--every", "0.2", "--to", "C0APPROVALS", *options),
        env={**os.environ, "ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"]},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=interruptible,
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


async def report(dev: Program, id: str, *, type: str = "job", **fields: Any) -> str:
    """The id of a recovery that another agent reports."""
    sent = {"source": {"type": type, "id": id}, "kind": "x", "cause": "x", "fingerprint": "x", "next_action": "x"}
    _, made = await dev.call("POST", f"{dev.bridge(0)}/v1/recoveries", {**sent, **fields})
    return str(made["id"])


async def resolve(dev: Program, id: str, **ending: Any) -> None:
    status, told = await dev.call("POST", f"{dev.bridge(0)}/v1/recoveries/{id}/resolve", ending)
    assert status == 200, told


def stall(folder: Path, job: str, *, seconds: float) -> Path:
    heartbeat = folder / f"{job}.heartbeat"
    heartbeat.touch()
    os.utime(heartbeat, times=(time.time() - seconds,) * 2)
    return heartbeat


def restarted(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.restarted")]


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


async def test_a_false_positive_is_not_reported_again_before_another_heartbeat(shared: Program, tmp_path: Path) -> None:
    heartbeat = stall(tmp_path, "audit", seconds=5)
    async with watchdog(shared, tmp_path, "--stalled", "1"):
        first = (await recovery(shared, "audit"))["id"]
        await resolve(shared, first, outcome="false_positive")
        await asyncio.sleep(2.5)
        assert (await recovery(shared, "audit"))["id"] == first

        heartbeat.touch()

        await until(lambda: recovery(shared, "audit"), lambda latest: latest["id"] != first)


async def test_what_is_blocked_is_reported_again_once_that_has_ended(shared: Program, tmp_path: Path) -> None:
    stall(tmp_path, "mirror", seconds=5)
    blocker = await report(shared, "disk")
    async with watchdog(shared, tmp_path, "--stalled", "1") as output:
        first = (await recovery(shared, "mirror"))["id"]
        await resolve(shared, first, outcome="blocked", blocker={"id": blocker})
        await asyncio.sleep(2.5)
        assert (await recovery(shared, "mirror"))["id"] == first

        await resolve(shared, blocker, outcome="restored")

        await said(output, "mirror: going on, after what blocked it has ended")
        await until(lambda: recovery(shared, "mirror"), lambda latest: latest["id"] != first)


async def test_what_others_report_is_passed_over(shared: Program, tmp_path: Path) -> None:
    stall(tmp_path, "backup", seconds=700)
    async with watchdog(shared, tmp_path, "--restart", f"touch {tmp_path}/{{job}}.restarted") as output:
        await said(output, "backup: Active")
        await report(shared, "elsewhere", owner={"agent": "watchdog"})
        await report(shared, "backup", type="issue", owner={"agent": "watchdog"})
        await resolve(shared, (await recovery(shared, "backup"))["id"], outcome="restored")
        await said(output, "backup: going on")

    assert restarted(tmp_path) == ["backup.restarted"]


async def test_a_key_that_is_refused_ends_it_with_a_sentence(shared: Program, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), str(tmp_path), "--to", "C0APPROVALS"),
        env={**os.environ, "ASKBRIDGE_URL": shared.bridge(0), "ASKBRIDGE_KEY": "askb_wrong"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 1
    assert error.decode().startswith("The bridge refused the API key in ASKBRIDGE_KEY: ") and error.count(b"\n") == 1


async def test_its_help_has_examples_and_it_says_what_is_missing() -> None:
    without = {name: value for name, value in os.environ.items() if not name.startswith("ASKBRIDGE_")}
    for arguments, status, words in (
        (["--help"], 0, "watchdog.py jobs --stalled 20 --to C0APPROVALS"),
        ([".", "--to", "C0X"], 1, "Set ASKBRIDGE_URL; see --help."),
        (["gone", "--to", "C0X"], 1, "There is no folder gone; see --help."),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), *arguments),
            env=without,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()

        assert (process.returncode, words in out.decode()) == (status, True), out
