"""docs/examples/watchdog.py reports a stalled job, is woken by events, and resolves, against real processes."""

import asyncio
import os
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from bridge.card import action_ids
from tests.scenarios import examples, rounds
from tests.scenarios.examples import said
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


def watchdog(dev: Program, folder: Path, *options: str) -> AbstractAsyncContextManager[asyncio.StreamReader]:
    """The example, watching a folder; what it prints."""
    return examples.running(dev, "watchdog.py", folder, "--every", "0.2", "--to", "C0APPROVALS", *options)


async def recovery(dev: Program, job: str) -> dict[str, Any]:
    """The latest recovery of a job, once there is one."""

    async def look() -> list[dict[str, Any]]:
        _, page = await dev.call("GET", f"{dev.bridge(1)}/v1/recoveries?source_type=job&source_id={job}")
        items: list[dict[str, Any]] = page["items"]
        return items

    latest: dict[str, Any] = (await until(look, bool))[0]
    return latest


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
    settings = {"ASKBRIDGE_URL": shared.bridge(0), "ASKBRIDGE_KEY": "askb_wrong"}

    status, out = await examples.ended("watchdog.py", tmp_path, "--to", "C0APPROVALS", **settings)

    assert status == 1
    assert out.startswith("The bridge refused the API key in ASKBRIDGE_KEY: ") and out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "watchdog.py jobs --stalled 20 --to C0APPROVALS"),
        ([".", "--to", "C0X"], 1, "Set ASKBRIDGE_URL; see --help."),
        (["gone", "--to", "C0X"], 1, "There is no folder gone; see --help."),
    ],
)
async def test_its_help_has_examples_and_it_says_what_is_missing(arguments: list[str], status: int, words: str) -> None:
    ended, out = await examples.ended("watchdog.py", *arguments)

    assert (ended, words in out) == (status, True), out
