"""docs/examples/workers.py: three workers and a person do one backlog, one worker is killed, against real processes."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.card import action_ids
from bridge.forms import codec
from tests.scenarios import examples, rounds
from tests.scenarios.examples import said
from tests.scenarios.program import Program
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

TTL = 3  # seconds


@contextlib.asynccontextmanager
async def workers(dev: Program, name: str, plan: list[dict[str, Any]], at: Path) -> AsyncIterator[asyncio.StreamReader]:
    """The example in this directory, which ends by itself with status 0; what it prints."""
    (at / "plan.json").write_text(json.dumps(plan))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(examples.FOLDER / "workers.py"), name, "--plan", "plan.json"),
        *("--to", "C0APPROVALS", "--ttl", str(TTL)),
        cwd=at,
        env={**os.environ, "ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"]},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            yield process.stdout
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def fill_in(of: rounds.Shown, move: str, field: str, words: str) -> None:
    """Open the form of a move, and submit it with these words."""
    view = (await of.click("U0ANA", action_ids.open_form(move), wait_view=3))["view"]
    await of.dev.submit(view, {codec.block_id(field): {codec.INPUT: words}}, replica=1)


async def moves(dev: Program, id: str) -> list[str]:
    """What the feed tells of an item."""
    of = rounds.Shown(dev=dev, plural="work", id=id, round_id="", channel="", ts="")
    return [event["type"].removeprefix("work.") for event in await of.events()]


async def test_three_workers_and_a_person_do_a_plan_although_one_is_killed(shared: Program, tmp_path: Path) -> None:
    hangs = 'echo $WORK_FENCE >> export.ran; test "$WORK_FENCE" != 1 || while test ! -e over; do sleep 0.1; done'
    plan: list[dict[str, Any]] = [
        {"id": "export", "title": "Export the customers", "run": hangs, "priority": 10},
        {"id": "images", "title": "Convert the images", "run": f"sleep {TTL + 1}; echo 12 images"},
        {"id": "check", "title": "Look through ten customers", "depends_on": ["export"]},
        {
            "id": "import",
            "title": "Import the customers",
            "run": "cat export.ran > import.ran",
            "depends_on": ["check"],
        },
        {"id": "open", "title": "Open the shop", "run": "cat import.ran", "depends_on": ["import", "images"]},
    ]
    async with workers(shared, "move", plan, tmp_path) as output:
        line = await said(output, "works on move.export, lease 1")
        first, process = re.findall(r"^(worker-\d) \(process (\d+)\)", line)[0]
        await until(lambda: asyncio.sleep(0, (tmp_path / "export.ran").exists()), bool)
        os.kill(int(process), signal.SIGKILL)
        line = await said(output, "works on move.export, lease 2")
        assert not line.startswith(first)
        await said(output, "move.export: Done")
        assert not (tmp_path / "import.ran").exists(), "it waits for a person"

        of = await rounds.shown(shared, "work", "move.check")
        await of.click("U0ANA", action_ids.choose("take"))
        assert (await of.get())["holder"] == {"user": "U0ANA", "name": "ana"}
        of = await rounds.shown(shared, "work", "move.check")
        await fill_in(of, "done", "result", "All ten are complete.")

        assert 'by the agent "worker-' in await said(output, "move.open: Done")
    (tmp_path / "over").touch()  # the command of the killed worker ends

    assert (tmp_path / "export.ran").read_text() == "1\n2\n"
    assert await moves(shared, "move.export") == ["created", "leased", "expired", "leased", "done"]
    assert await moves(shared, "move.images") == ["created", "leased", "done"], "its lease was renewed while it lasted"
    _, images = await shared.call("GET", f"{shared.bridge(0)}/v1/work/move.images")
    assert images["result"] == "12 images" and images["done_by"]["agent"].startswith("worker-")


async def test_what_fails_is_blocked_until_a_person_unblocks_it_and_is_done_once(
    shared: Program, tmp_path: Path
) -> None:
    plan = [{"id": "copy", "title": "Copy the images", "run": "cat images"}]
    async with workers(shared, "copy", plan, tmp_path) as output:
        await said(output, "blocked copy.copy")
        of = await rounds.shown(shared, "work", "copy.copy")
        assert "No such file" in (await of.get())["blocked_reason"]
        (tmp_path / "images").write_text("12 images")
        await of.click("U0ANA", action_ids.choose("unblock"))
        assert "12 images" in await said(output, "copy.copy: Done")

    async with workers(shared, "copy", plan, tmp_path) as output:
        assert await said(output, "copy.copy: Done"), "started again, it adds and does nothing again"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "workers.py move-1 --to C0APPROVALS"),
        (["move-1", "--to", "C0X"], 1, "Set ASKBRIDGE_URL; see --help."),
    ],
)
async def test_its_help_has_examples_and_it_says_what_is_missing(arguments: list[str], status: int, words: str) -> None:
    ended, out = await examples.ended("workers.py", *arguments)

    assert (ended, words in out) == (status, True), out
