"""The wheel: installed into an empty environment, it has all that a replica and the sandbox need.

Its dependencies are those of the environment that runs the tests; `.ci/run` installs them from their registry.
"""

import asyncio
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import bridge
from tests.scenarios import program

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment that has the wheel and no checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    subprocess.run(
        [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True, timeout=120
    )
    (wheel,) = folder.glob(f"askbridge-{bridge.__version__}-*.whl")
    venv.create(environment, with_pip=False)
    subprocess.run(
        [*PIP, "--python", environment, "install", "--no-deps", "--no-index", wheel], check=True, timeout=120
    )
    (packages,) = environment.glob("lib/python3*/site-packages")
    # As a line of a .pth file, whose own .pth files are not read: the editable checkout is not among what it adds.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin"


async def start(command: Path, *arguments: str, folder: Path) -> asyncio.subprocess.Process:
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return await asyncio.create_subprocess_exec(
        command, *arguments, cwd=folder, env=bare, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def run(command: Path, *arguments: str, folder: Path) -> tuple[int, str, str]:
    process = await start(command, *arguments, folder=folder)
    out, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_its_commands_come_from_the_environment_alone(bin: Path, tmp_path: Path) -> None:
    where = (
        "import bridge, storage, sql, sandbox; print(bridge.__file__, storage.__file__, sql.__file__, sandbox.__file__)"
    )
    _, files, _ = await run(bin / "python", "-c", where, folder=tmp_path)
    status, out, _ = await run(bin / "askbridge", "--version", folder=tmp_path)

    assert all(Path(file).is_relative_to(bin.parent) for file in files.split())
    assert (status, out) == (0, f"askbridge, version {bridge.__version__}\n")


async def test_it_runs_everything_on_this_machine(bin: Path, tmp_path: Path) -> None:
    """PostgreSQL, the sandbox with its page, a replica with its statements, and a question."""
    dev = await start(bin / "askbridge", "dev", "--json", "--port", "0", "--slack-port", "0", folder=tmp_path)
    try:
        assert dev.stdout is not None
        facts = json.loads(await asyncio.wait_for(dev.stdout.readline(), program.READY_SECONDS))
        here = ("--url", facts["bridge_urls"][0], "--key", facts["api_key"])
        status, out, _ = await run(
            bin / "askbridge", "ask", "Now?", "--to", "U0ANA", "--approve", "--wait", "0", *here, folder=tmp_path
        )
    finally:
        dev.terminate()
        await asyncio.wait_for(dev.communicate(), program.READY_SECONDS)

    assert status == 2 and out.startswith("Waiting for an answer")
