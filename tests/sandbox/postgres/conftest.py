"""A data folder that leaves no server behind, and owners of clusters in processes of their own."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not tmp_path: as root that lies below a folder of mode 0700, which no other account may pass."""
    path = Path(tempfile.mkdtemp(prefix="askbridge-")).resolve()
    path.chmod(0o711)
    yield path
    alive = serving(path)
    shutil.rmtree(path)
    assert alive == [], "a test left a server behind"


@pytest.fixture(scope="session")
def original() -> Iterator[Path]:
    """A data folder whose cluster was made and stopped: making one is most of a test's time."""
    path = Path(tempfile.mkdtemp(prefix="askbridge-")).resolve()
    with Cluster(path, programs=find_programs(prefer="installed"), durable=False):
        pass
    yield path
    shutil.rmtree(path)


@pytest.fixture
def made(folder: Path, original: Path) -> None:
    """The cluster in `folder / "data"` exists already."""
    subprocess.run(["cp", "-a", original, folder / "data"], check=True)


def serving(folder: Path) -> list[psutil.Process]:
    """Every process that was told to work on something in this folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in part for part in process.info["cmdline"] or ()) and is_alive(process)
    ]


def is_alive(process: psutil.Process) -> bool:
    """A zombie is dead: it only waits for a reaper, which some systems take their time to send."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def survivors(processes: list[psutil.Process], *, within: float) -> list[psutil.Process]:
    """Who of these is still alive after so many seconds; at once when nobody is."""
    deadline = time.monotonic() + within
    while (alive := [one for one in processes if is_alive(one)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return alive


async def ask(dsn: str, *statements: str) -> Any:
    """The value of the last statement."""
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
    **whom: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that owns a cluster on this folder; killed at the end if it still runs."""
    command = [str(python or sys.executable), "-m", "tests.sandbox.postgres.owner", str(data), prefer, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, **{"cwd": REPOSITORY, **whom}) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What an owner says once its cluster answers."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line
