"""Fixtures: a data folder in which no server may be left running, and processes that own a cluster."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from tests.waiting import until_sync

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder. Unlike tmp_path it is not below a folder of mode 0700, which no other account can pass through.

    A server that still runs in the folder at the end fails the test.
    """
    path = Path(tempfile.mkdtemp(prefix="askbridge-")).resolve()
    path.chmod(0o711)
    yield path
    alive = serving(path)
    shutil.rmtree(path)
    assert alive == [], "a test left a server behind"


@pytest.fixture(scope="session")
def original() -> Iterator[Path]:
    """A data folder with a stopped cluster, to be copied: creating a cluster takes longer than the rest of a test."""
    path = Path(tempfile.mkdtemp(prefix="askbridge-")).resolve()
    with Cluster(path, programs=find_programs(prefer="installed"), durable=False):
        pass
    yield path
    shutil.rmtree(path)


@pytest.fixture
def made(folder: Path, original: Path) -> None:
    """Put a copy of the stopped cluster into `folder / "data"`."""
    subprocess.run(["cp", "-a", original, folder / "data"], check=True)


def serving(folder: Path) -> list[psutil.Process]:
    """Every running process whose command line names this folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in part for part in process.info["cmdline"] or ()) and is_alive(process)
    ]


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs. A zombie does not: it has ended, and only waits to be reaped, which may take long."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def survivors(processes: list[psutil.Process], *, within: float) -> list[psutil.Process]:
    """The processes that still run after `within` seconds; returns at once when all have ended."""
    with suppress(TimeoutError):
        until_sync(lambda: not any(is_alive(one) for one in processes), within=within)
    return [one for one in processes if is_alive(one)]


async def ask(dsn: str, *statements: str) -> Any:
    """Run the statements; returns the value of the last one."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


@contextmanager
def owner(
    data: Path,
    *options: str,
    prefer: str = "installed",
    python: Path | None = None,
    env: dict[str, str] | None = None,
    **arguments: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start another process that owns a cluster in this folder; it is killed at the end if it still runs."""
    command = [str(python or sys.executable), "-m", "tests.sandbox.postgres.owner", str(data), prefer, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, **{"cwd": REPOSITORY, **arguments}) as process:
        try:
            yield process
        finally:
            process.kill()


def ready_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait for the line of JSON that an owner prints when its cluster is ready, and decode it."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line
