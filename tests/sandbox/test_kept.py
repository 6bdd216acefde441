"""The locks of a kept data folder: who owns it, and which processes of a killed owner still run."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from sandbox import kept, ports
from sandbox.children import ChildFailed
from sandbox.postgres.cluster import free_port
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
    with pytest.raises(ChildFailed, match=rf"is in use by another process \({owner.pid}\)\. .* \(kill {owner.pid}\)"):
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


async def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    mine = [tmp_path / "webhook.key", tmp_path / "slack.jsonl"]
    for file in mine:
        file.write_text("mine")

    with pytest.raises(ChildFailed, match="holds something that was not made here"):
        async with kept.opened(tmp_path, fresh=True):
            pass

    assert [file.read_text() for file in mine] == ["mine", "mine"]


async def test_a_folder_of_the_release_before_is_used(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "owner.lock").touch()

    async with kept.opened(tmp_path) as folder:
        assert folder.read() == kept.Kept()


def test_no_two_servers_get_one_port_and_ports_of_more_replicas_stay_unless_they_are_used() -> None:
    two = kept.Kept().with_ports(slack=1, postgres=2, replicas=[18080, 18081], metrics=[])

    assert two.with_ports(slack=1, postgres=2, replicas=[18085], metrics=[]).replicas == (18085, 18081)
    assert two.with_ports(slack=1, postgres=2, replicas=[18081], metrics=[]).replicas == (18081, 0)
    assert two.with_ports(slack=18081, postgres=2, replicas=[18080], metrics=[]).replicas == (18080, 0)


def test_a_port_of_the_last_start_is_given_once_and_not_if_it_was_asked_for_or_is_in_use() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        free, asked = free_port(), free_port()
        again = ports.Again([asked])

        given = [again.port(port) for port in (free, free, asked, busy.getsockname()[1], 0)]

    assert given == [free, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("askbridge.json", "", "is damaged:"),
        ("askbridge.json", '{"slack": "80"}', "is damaged: slack must be a port"),
        ("webhook.key", "", "webhook.key is damaged:"),
    ],
)
async def test_a_damaged_file_is_told_in_words_with_the_fix(tmp_path: Path, name: str, text: str, words: str) -> None:
    reads = kept.KeptFolder.webhook_key if name == "webhook.key" else kept.KeptFolder.read
    async with kept.opened(tmp_path / "data") as folder:
        (tmp_path / "data" / name).write_text(text)

        with pytest.raises(ChildFailed) as told:
            reads(folder)

    assert (
        words in str(told.value) and kept.HOW_TO_START_ANEW in str(told.value) and "Delete this file" in str(told.value)
    )
