"""docs/examples/fixer.py proposes, applies what a person decided, is judged, and hands over, against real processes."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.card import action_ids
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "fixer.py"


@contextlib.asynccontextmanager
async def fixer(dev: Program, session: str, command: str, at: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The example in this directory, which ends by itself; killed if it did not."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), session, "Make room", command, "--to", "C0APPROVALS"),
        cwd=at,
        env={**os.environ, "ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"]},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def proposed(dev: Program, session: str) -> rounds.Shown:
    """The active fix of a session, with its card."""

    async def look() -> list[str]:
        _, page = await dev.call("GET", f"{dev.bridge(1)}/v1/fixes?session={session}&active=true")
        return [item["id"] for item in page["items"]]

    [id] = await until(look, bool)
    return await rounds.shown(dev, "fixes", id)


async def click(of: rounds.Shown, choice: str, offered: str) -> None:
    """Click once the card offers this; each answer opens another round."""
    await until(of.text, lambda text: offered in text)
    again = await rounds.shown(of.dev, "fixes", of.id)
    await again.click("U0ANA", action_ids.choose(choice))


async def test_it_applies_what_was_decided_and_hands_over_what_failed(shared: Program, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = f"ls fix_*.state && echo x >> {ran}; exit 3"  # it is written down that it may have run before it does
    async with fixer(shared, "disk-1", command, tmp_path) as first:
        of = await proposed(shared, "disk-1")
        assert not ran.exists(), "nothing runs before a person has decided"
        await click(of, "apply", "not decided yet")
        await until(lambda: asyncio.sleep(0, ran.exists()), bool)
        await until(of.text, lambda text: "reports" in text)
        first.kill()
        await asyncio.wait_for(first.wait(), PATIENCE)
    async with fixer(shared, "disk-1", command, tmp_path) as again:
        await click(of, "confirm", "reports")
        out, _ = await again.communicate()

    assert ran.read_text() == "x\n", "it was started again, and ran nothing again"
    assert again.returncode == 0
    found = await of.get()
    assert (found["outcome"], found["failure_reason"]) == ("applied_failed", "The command ended with status 3.")
    assert 'Did not work: "Make room"' in out.decode() and "status 3" in out.decode()


async def test_it_does_not_know_what_a_command_did_that_it_did_not_see_the_end_of(
    shared: Program, tmp_path: Path
) -> None:
    async with fixer(shared, "disk-4", f"touch {tmp_path}/ran", tmp_path):
        of = await proposed(shared, "disk-4")
        (tmp_path / f"{of.id}.state").touch()
        await click(of, "apply", "not decided yet")
        await until(of.text, lambda text: "please look whether it worked" in text)

    assert not (tmp_path / "ran").exists()


async def test_what_is_dismissed_or_made_a_template_runs_nothing(shared: Program, tmp_path: Path) -> None:
    for session, choice in (("disk-2", "dismiss"), ("disk-3", "draft_template")):
        async with fixer(shared, session, f"touch {tmp_path}/ran", tmp_path) as process:
            await click(await proposed(shared, session), choice, "not decided yet")
            out, _ = await process.communicate()
        assert process.returncode == 0 and b"No fix of this session" in out
    assert not (tmp_path / "ran").exists()


async def test_a_second_fix_in_the_same_directory_runs_its_own_command(shared: Program, tmp_path: Path) -> None:
    for number in ("5", "6"):
        async with fixer(
            shared, f"disk-{number}", f"touch {tmp_path}/ran-{number}; exit {number}", tmp_path
        ) as process:
            of = await proposed(shared, f"disk-{number}")
            await click(of, "apply", "not decided yet")
            await click(of, "confirm", "reports")
            await process.communicate()

        assert (tmp_path / f"ran-{number}").exists()
        assert (await of.get())["failure_reason"] == f"The command ended with status {number}."


async def test_it_ends_when_an_outcome_is_recorded_that_no_one_decided_on(shared: Program, tmp_path: Path) -> None:
    async with fixer(shared, "disk-7", f"touch {tmp_path}/ran", tmp_path) as process:
        of = await proposed(shared, "disk-7")
        url = f"{shared.bridge(0)}/v1/fixes/{of.id}"
        await shared.call("PATCH", url, {"outcome": "applied_pending", "reason": "The nightly run."})
        out, _ = await process.communicate()

    assert process.returncode == 0 and "The nightly run." in out.decode() and not (tmp_path / "ran").exists()
