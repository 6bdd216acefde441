"""The locks of a kept data folder: who owns it, and which processes of a killed owner still run."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from sandbox import kept
from sandbox.children import ChildFailed
from tests.waiting import PATIENCE

pytestmark = pytest.mark.processes

OWNER = """
import asyncio, subprocess, sys
from pathlib import Path
from sandbox import kept

async def own():
    async with kept.opened(Path(sys.argv[1])) as folder:
        child = subprocess.Popen(["sleep", "60"], pass_fds=(folder.processes_lock,), stdout=subprocess.DEVNULL)
        print(child.pid, flush=True)
        child.wait()

asyncio.run(own())
"""


async def test_a_start_waits_for_the_processes_of_a_killed_one(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, tmp_path / "data"), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    child = int(await owner.stdout.readline())
    with pytest.raises(ChildFailed, match="is in use by another process"):
        async with kept.opened(tmp_path / "data"):
            pass
    owner.kill()
    await owner.wait()
    waits = asyncio.Event()

    async def start() -> bool:
        async with kept.opened(tmp_path / "data", on_wait=waits.set):
            return True

    starting = asyncio.create_task(start())
    await asyncio.wait_for(waits.wait(), PATIENCE)
    assert not starting.done()
    os.kill(child, signal.SIGKILL)

    assert await asyncio.wait_for(starting, PATIENCE)


async def test_what_is_written_is_read_again_and_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    written = kept.Kept(slack=4390, postgres=5432, replicas=(8080, 8081), metrics=(9100,), api_key="askb_" + "x" * 43)
    async with kept.opened(tmp_path / "data") as folder:
        assert folder.read() == kept.Kept()
        folder.write(written)
        assert folder.read() == written
        key = folder.webhook_key()
        assert folder.webhook_key() == key
    for text in ('{"slack": 65536}', '{"replicas": [true]}', '{"metrics": 1}', '{"api_key": "a b"}', "[]", "{", "\0"):
        (tmp_path / "data" / "askbridge.json").write_text(text)
        async with kept.opened(tmp_path / "data") as folder:
            with pytest.raises(ChildFailed, match="is damaged"):
                folder.read()
