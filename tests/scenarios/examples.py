"""Runs the programs of docs/examples, each as a process of its own that its user ends with Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests.scenarios.program import Program
from tests.waiting import PATIENCE

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


@contextlib.asynccontextmanager
async def running(
    dev: Program, name: str, *arguments: str | Path, **settings: str
) -> AsyncIterator[asyncio.StreamReader]:
    """The program, using the first replica, for at most a minute; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(FOLDER / name), *arguments),
        env={**os.environ, "ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"], **settings},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=_interruptible,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def ended(name: str, *arguments: str | Path, **settings: str) -> tuple[int, str]:
    """Exit status and output of a program that ends by itself, without settings of the bridge but these."""
    without = {name: value for name, value in os.environ.items() if not name.startswith("ASKBRIDGE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(FOLDER / name), *arguments),
        env={**without, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode is not None
    return process.returncode, out.decode()


async def said(output: asyncio.StreamReader, words: str) -> str:
    """The next line with these words."""
    while line := (await output.readline()).decode():
        if words in line:
            return line.strip()
    raise AssertionError(f"it ended without saying {words}")


def _interruptible() -> None:
    """Let SIGINT end the program, also where a shell that runs the tests in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
