import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import asyncpg
import psutil
import pytest

from sandbox.postgres.account import choose
from sandbox.postgres.cluster import Cluster, free_port, run
from sandbox.postgres.errors import FolderInUse, PostgresError
from sandbox.postgres.programs import Programs, find_programs
from tests.sandbox.postgres.conftest import ask, is_alive, owner, ready_line, serving, survivors
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
def programs() -> Programs:
    return find_programs(prefer="installed")


@pytest.fixture
def bystander(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the account that PostgreSQL runs as: PostgreSQL ignores the pids of other accounts' processes."""
    account = choose(None, cluster=folder / "none-yet")
    with subprocess.Popen(["sleep", "60"], user=account.user) as process:
        try:
            yield process
        finally:
            process.kill()


def is_listening(dsn: str) -> bool:
    port = int(dsn.partition("@127.0.0.1:")[2].partition("/")[0])
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("prefer", ["wheel", "installed"])
async def test_it_answers_with_the_settings_we_depend_on(folder: Path, prefer: Literal["wheel", "installed"]) -> None:
    programs = find_programs(prefer=prefer)

    async with run(folder / "data", programs=programs) as cluster:
        names = ("server_version", "server_encoding", "timezone", "max_connections", "fsync", "synchronous_commit")
        settings = [await ask(cluster.dsn, f"SHOW {name}") for name in names]
        listening = {one.laddr.ip for one in psutil.Process(cluster.pid).net_connections() if one.status == "LISTEN"}
        await ask(cluster.dsn, 'CREATE DATABASE "a b/c"')
        other = await ask(cluster.database("a b/c"), "SELECT current_database()")

    assert [settings[0].split()[0], *settings[1:]] == [programs.version, "UTF8", "UTC", "200", "on", "on"]
    assert listening == {"127.0.0.1"}
    assert other == "a b/c"
    assert not is_listening(cluster.dsn)


@pytest.mark.usefixtures("made")
async def test_only_those_who_know_the_password_get_in(folder: Path, programs: Programs) -> None:
    async with run(folder / "data", programs=programs, durable=False) as cluster:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(cluster.dsn, password="guess")


@pytest.mark.usefixtures("made")
async def test_the_server_is_told_none_of_our_secrets(
    folder: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKBRIDGE_SLACK_BOT_TOKEN", "xoxb-secret")

    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert "ASKBRIDGE_SLACK_BOT_TOKEN" not in psutil.Process(cluster.pid).environ()


def test_a_second_start_keeps_the_rows_and_the_password(folder: Path, programs: Programs) -> None:
    with Cluster(folder / "data", programs=programs, durable=False) as cluster:
        asyncio.run(ask(cluster.dsn, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1"))
        password = cluster.dsn.partition("@")[0]

    with Cluster(folder / "data", programs=programs, durable=False) as cluster:
        assert asyncio.run(ask(cluster.dsn, "SELECT n FROM kept")) == 7
        assert cluster.dsn.partition("@")[0] == password

    with pytest.raises(PostgresError, match=r"made by PostgreSQL \d+ and cannot be opened by 99"):
        Cluster(folder / "data", programs=replace(programs, version="99.1")).start()


@pytest.mark.usefixtures("made")
async def test_a_killed_server_recovers_at_the_next_start(folder: Path, programs: Programs) -> None:
    async with run(folder / "data", programs=programs) as cluster:
        connection = await asyncpg.connect(cluster.dsn)  # its backend becomes an orphan when the postmaster is killed
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(cluster.pid, signal.SIGKILL)

    async with run(folder / "data", programs=programs) as cluster:
        assert await ask(cluster.dsn, "SELECT n FROM kept") == 7
    connection.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a leftover is stopped at the next start")
@pytest.mark.parametrize("farewell", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("made")
async def test_nothing_is_left_running_when_the_owner_dies(
    folder: Path, programs: Programs, farewell: signal.Signals
) -> None:
    with owner(folder / "data") as process:
        dsn, pid = (started := ready_line(process))["dsn"], started["pid"]
        await ask(dsn, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
        everyone = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]

        process.send_signal(farewell)
        process.wait(timeout=10)

        assert survivors(everyone, within=5) == []
        assert not is_listening(dsn)

    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert await ask(cluster.dsn, "SELECT n FROM kept") == 7


@pytest.mark.usefixtures("made")
async def test_a_server_that_outlived_its_owner_is_stopped_by_the_next_start(folder: Path, programs: Programs) -> None:
    with owner(folder / "data", "--no-parent-watch") as process:
        dsn, pid = (started := ready_line(process))["dsn"], started["pid"]
        await ask(dsn, "CREATE TABLE kept AS SELECT 7 AS n", "SELECT 1")
        process.kill()
        process.wait(timeout=5)
    leftover = psutil.Process(pid)
    assert is_listening(dsn)

    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert await ask(cluster.dsn, "SELECT n FROM kept") == 7
        assert not is_alive(leftover)

    assert "was not properly shut down" not in (folder / "data" / "postgres.log").read_text()


async def test_an_owner_killed_while_making_the_cluster_is_no_obstacle(folder: Path, programs: Programs) -> None:
    with owner(folder / "data") as process:
        begun = folder / "data/cluster.partial/PG_VERSION"
        await until(lambda: begun.exists() or process.poll() is not None, within=10)
        assert process.poll() is None
        process.kill()

    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert await ask(cluster.dsn, "SELECT 1") == 1


@pytest.mark.usefixtures("made")
async def test_a_pid_that_now_belongs_to_another_process_is_neither_believed_nor_touched(
    folder: Path, programs: Programs, bystander: subprocess.Popen[bytes]
) -> None:
    pid_file = folder / "data/cluster/postmaster.pid"
    async with run(folder / "data", programs=programs, durable=False):
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]))

    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert await ask(cluster.dsn, "SELECT 1") == 1

    assert bystander.poll() is None


@pytest.mark.usefixtures("made")
async def test_a_folder_has_one_owner(folder: Path, programs: Programs) -> None:
    async with run(folder / "data", programs=programs, durable=False) as cluster:
        with pytest.raises(FolderInUse, match="in use by another process"):
            Cluster(folder / "data", programs=programs).start()

        assert await ask(cluster.dsn, "SELECT 1") == 1


@pytest.mark.parametrize("moment", ["cluster.partial", "cluster/postmaster.pid", "running"])
async def test_an_owner_cancelled_at_any_moment_leaves_nothing(
    folder: Path, programs: Programs, moment: str, request: pytest.FixtureRequest
) -> None:
    if moment != "cluster.partial":
        request.getfixturevalue("made")
    running = asyncio.Event()

    async def own() -> None:
        async with run(folder / "data", programs=programs, durable=False):
            running.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(own())
    if moment == "running":
        await running.wait()
    else:
        await until(lambda: (folder / "data" / moment).exists() or task.done())  # initdb cannot set our event
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert serving(folder) == []
    async with run(folder / "data", programs=programs, durable=False) as cluster:
        assert await ask(cluster.dsn, "SELECT 1") == 1


@pytest.mark.usefixtures("made")
def test_a_port_taken_at_the_last_moment_is_given_up(folder: Path, programs: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        ports = iter([stranger.getsockname()[1], free_port()])

        with Cluster(folder / "data", programs=programs, durable=False, port=lambda: next(ports)) as cluster:
            assert asyncio.run(ask(cluster.dsn, "SELECT 1")) == 1


@pytest.mark.usefixtures("made")
def test_a_start_that_fails_says_why_and_lets_go_of_the_folder(folder: Path, programs: Programs) -> None:
    with Cluster(folder / "data", programs=programs, durable=False):
        pass
    settings = folder / "data/cluster/postgresql.auto.conf"
    settings.write_text("no_such_setting = 1\n")
    failed = Cluster(folder / "data", programs=programs)

    with pytest.raises(PostgresError, match="no_such_setting"):
        failed.start()

    settings.write_text("")
    with Cluster(folder / "data", programs=programs, durable=False) as cluster:
        assert asyncio.run(ask(cluster.dsn, "SELECT 1")) == 1
