"""In whatever way `askbridge dev` ends, no process and no file of it remains."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.draining import DRAIN
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_nothing_is_left_running(tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DRAIN, "600")  # which is skipped: everything ends
    async with program.running(tmp_path) as dev:
        asked = await dev.ask()
        assert asked["cards"][0]["status"] == "posted"

        dev.process.send_signal(number)

        await program.gone(dev.process.pid, *program.pids(dev.facts))
        status = await dev.process.wait()
    assert status == 0
    log = dev.log.read_text()
    assert "Traceback" not in log
    assert log.count("replica_stopped") == 2, "a replica was killed, or drained for too long"


def temporary_folders(inside: Path) -> list[Path]:
    return list(inside.glob("askbridge-*"))


async def test_a_killed_run_leaves_nothing_running_and_what_it_left_on_the_disk_is_removed_by_the_next(
    reachable_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(reachable_path))
    async with program.running(reachable_path) as dev:
        assert (await dev.ask())["cards"][0]["status"] == "posted"
        (left,) = temporary_folders(reachable_path)
        dev.process.send_signal(signal.SIGKILL)
        await program.gone(dev.process.pid, *program.pids(dev.facts))
        assert await dev.process.wait() == -signal.SIGKILL
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


async def test_a_dead_replica_stays_dead_and_the_others_go_on_and_without_their_database_say_so_and_take_nothing(
    tmp_path: Path,
) -> None:
    async with program.running(tmp_path, replicas=3) as dev:
        dev.kill(1)
        await program.gone(dev.facts["pids"]["replicas"][1])

        asked = await dev.ask(replica=2)
        clicked = await dev.click(asked, "U0ANA", replica=0)

        assert clicked["status"] == 200
        await until(lambda: asyncio.to_thread(dev.log.read_text), lambda log: "replica_ended" in log)
        await without_their_database(dev, 0, 2)


async def without_their_database(dev: Program, one: int, other: int) -> None:
    asked = await dev.ask()
    os.kill(dev.facts["pids"]["postgres"], signal.SIGQUIT)
    await program.gone(dev.facts["pids"]["postgres"])

    clicked = await dev.click(asked, "U0ANA", replica=one)
    status, problem = await dev.call(
        "POST",
        f"{dev.bridge(other)}/v1/interactions",
        {
            "kind": "approval",
            "title": "Anyone?",
            "to": {"user": "U0ANA"},
        },
    )

    assert clicked["status"] == 503 and clicked["ack_ms"] < 3000
    assert status == 503 and problem["type"] == "urn:askbridge:problem:unavailable"
    (whisper,) = await until(lambda: dev.whispers("U0ANA"), bool)
    assert "could not be confirmed" in whisper
