"""`make dev` as a supervisor or a script runs it: a signal to `make` ends everything that it started."""

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from tests.draining import AT_ONCE
from tests.scenarios import program

pytestmark = pytest.mark.processes

MAKEFILE = Path(__file__).parents[2] / "Makefile"


async def test_sigterm_to_make_dev_leaves_nothing_running(reachable_path: Path) -> None:
    """Without a terminal only `make` gets the signal, and passes it on to the one process that it started.

    The tests may be run by `make` themselves: as its child, this one would print the names of folders first.
    """
    command = ["make", "--file", str(MAKEFILE), f"BIN={program.COMMAND.parent}", "--old-file=.venv/runtime"]
    with (reachable_path / "dev.log").open("wb") as log:
        make = await asyncio.create_subprocess_exec(
            *(*command, "dev", "OPTIONS=--json"),
            cwd=reachable_path,
            env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | AT_ONCE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert make.stdout is not None
    try:
        line = await asyncio.wait_for(make.stdout.readline(), program.READY_SECONDS)
        assert line, (reachable_path / "dev.log").read_text()
        owner = int((reachable_path / ".dev" / "askbridge.lock").read_text())
        make.send_signal(signal.SIGTERM)

        await program.gone(make.pid, owner, *program.pids(json.loads(line)))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGKILL)  # its own group: everything ends with `askbridge dev`
        await make.wait()
