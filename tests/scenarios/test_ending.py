"""In whatever way `askbridge dev` ends, no process and no file of it remains."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.draining import DRAIN
from tests.scenarios import program
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_running(tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    if number is not signal.SIGKILL:
        monkeypatch.setenv(DRAIN, "600")  # which is skipped: everything ends
    async with program.running(tmp_path) as dev:
        asked = await dev.ask()
        assert asked["cards"][0]["status"] == "posted"

        dev.process.send_signal(number)

        await program.gone(dev.process.pid, *program.pids(dev.facts))
        status = await dev.process.wait()
    assert status == (0 if number is not signal.SIGKILL else -signal.SIGKILL)
    if number is not signal.SIGKILL:
        log = dev.log.read_text()
        assert "Traceback" not in log
        assert log.count("replica_stopped") == 2, "a replica was killed, or drained for too long"


def temporary_folders(inside: Path) -> list[Path]:
    return list(inside.glob("askbridge-*"))


async def test_what_a_killed_run_left_on_the_disk_is_removed_by_the_next(
    reachable_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(reachable_path))
    async with program.running(reachable_path, replicas=1) as dev:
        (left,) = temporary_folders(reachable_path)
        dev.process.send_signal(signal.SIGKILL)
        await program.gone(dev.process.pid, *program.pids(dev.facts))
    assert (left / "postgres" / "cluster").is_dir()

    async with program.running(reachable_path, replicas=1) as dev:
        (now,) = temporary_folders(reachable_path)
        assert now != left
        assert f"leftover_removed path={left}" in dev.log.read_text()
    assert temporary_folders(reachable_path) == []


async def test_ctrl_c_while_starting_leaves_nothing_either(reachable_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(program.COMMAND, "dev", "--json", "--data", reachable_path / "data"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    await until((reachable_path / "data" / "postgres").exists, within=program.READY_SECONDS)

    os.kill(process.pid, signal.SIGINT)
    _, log = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert process.returncode == 0, log.decode()
    assert b"Traceback" not in log


async def test_a_dead_replica_stays_dead_and_the_others_go_on(tmp_path: Path) -> None:
    async with program.running(tmp_path, replicas=3) as dev:
        dev.kill(1)
        await program.gone(dev.facts["pids"]["replicas"][1])

        asked = await dev.ask(replica=2)
        clicked = await dev.click(asked, "U0ANA", replica=0)

        assert clicked["status"] == 200
        await until(lambda: asyncio.to_thread(dev.log.read_text), lambda log: "replica_ended" in log)
