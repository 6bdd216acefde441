"""`askbridge dev --data`, which is `make dev`: what stays between starts, and what a kill or damage leaves behind."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scenarios import program
from tests.scenarios.commands import run
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes

FRESH = "add --fresh (with make: `make dev FRESH=1`)"
STAYS = ("bridge_urls", "slack_url", "database_url", "api_key", "organization", "connection")


def kept(dev: Program) -> dict[str, Any]:
    return {name: dev.facts[name] for name in STAYS}


def dev_in(folder: Path, *more: str, replicas: int = 1) -> contextlib.AbstractAsyncContextManager[Program]:
    return program.running(folder.parent, "--data", str(folder), *more, replicas=replicas)


@pytest.fixture
def folder(reachable_path: Path) -> Path:
    return reachable_path / ".dev"


@contextlib.contextmanager
def taken(url: str) -> Iterator[None]:
    """Another program on the port of this address."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", urlsplit(url).port))
        other.listen()
        yield


async def test_addresses_key_and_questions_stay_a_replica_is_added_and_a_revoked_key_is_replaced(folder: Path) -> None:
    async with dev_in(folder, "--metrics") as dev:
        await views_lead_to_empty_channels(dev)
        before, asked = kept(dev), await dev.ask()
        metrics = dev.facts["metrics_urls"]
    async with dev_in(folder, replicas=2) as dev:
        assert {**kept(dev), "bridge_urls": dev.facts["bridge_urls"][:1]} == before
        assert (await dev.get(asked["id"], replica=1))["title"] == asked["title"]
        assert dev.facts["notes"] == []
        two = dev.facts["bridge_urls"]
        await dev.operate("update keys set revoked_at = now()")
    async with dev_in(folder, "--metrics", replicas=2) as dev:
        assert dev.facts["bridge_urls"] == two
        assert dev.facts["metrics_urls"][:1] == metrics
        assert dev.facts["api_key"] != before["api_key"]
        assert "there is a new one" in dev.facts["notes"][0]
        await dev.ask()


async def views_lead_to_empty_channels(dev: Program) -> None:
    """The banner links each person's view to a channel that they see."""
    views = dev.facts["views"]
    assert [view["name"] for view in views] == ["ana", "bob", "cho", "gus", "sam"]
    for view in views:
        slack_url, _, place = view["url"].partition("/#")
        user, channel = (part.partition("=")[2] for part in place.split("&"))
        assert (slack_url, user) == (dev.facts["slack_url"], view["user"])
        assert await dev.messages(user, channel) == []


async def test_after_a_sigkill_all_is_as_before_and_fresh_starts_anew_and_deletes_nothing_else(folder: Path) -> None:
    async with dev_in(folder) as dev:
        before, asked = kept(dev), await dev.posted(await dev.ask())
        dev.process.send_signal(signal.SIGKILL)
        await dev.process.wait()

        async with dev_in(folder) as again:
            assert kept(again) == before
            assert again.facts["notes"] == []
            assert (await again.click(asked, "U0ANA", replica=0))["status"] == 200
            assert (await again.get(asked["id"], wait=20))["answer"]["approved"]
            await again.settled(asked)

    key = (folder / "webhook.key").read_text()
    (folder / "notes.txt").write_text("mine")
    shutil.copytree(folder / "postgres", folder / "postgres.removed")  # as if a kill had interrupted a deletion

    async with dev_in(folder, "--fresh") as dev:
        assert await dev.messages("U0ANA") == []
        assert all(dev.facts[name] != before[name] for name in ("api_key", "organization"))
        status, _ = await dev.call("GET", f"{dev.bridge(0)}/v1/interactions/{asked['id']}")
        assert status == 404
    assert (folder / "webhook.key").read_text() != key
    ours = {"askbridge.json", "askbridge.lock", "postgres", "processes.lock", "slack.jsonl", "webhook.key"}
    assert set(os.listdir(folder)) == {*ours, "notes.txt"}  # noqa: PTH208  -- pathlib's is not allowed in a coroutine


async def test_a_start_that_is_killed_at_any_step_leaves_what_the_next_can_use(folder: Path) -> None:
    """Each of these starts finds what the one before left."""
    steps = [
        "askbridge.lock",
        "postgres",
        "postgres/cluster.partial",
        "postgres/cluster",
        "postgres/cluster/postmaster.pid",
    ]
    for step in steps:
        killed = await asyncio.create_subprocess_exec(
            *(program.COMMAND, "dev", "--json", "--data", folder),
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            await until(lambda: (folder / step).exists() or killed.returncode is not None, every=0.001)  # noqa: B023
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(killed.pid, signal.SIGKILL)
        _, err = await killed.communicate()
        assert killed.returncode == -signal.SIGKILL, f"{step}: {err.decode()}"

    async with dev_in(folder) as dev:
        assert (await dev.ask())["status"] == "pending"


async def test_a_port_that_is_taken_meanwhile_is_replaced_and_what_is_damaged_is_told_in_words(folder: Path) -> None:
    async with dev_in(folder) as dev:
        before = dev.facts
    with taken(before["slack_url"]), taken(before["bridge_urls"][0]):
        async with dev_in(folder) as dev:
            now = dev.facts
    async with dev_in(folder) as dev:
        assert kept(dev) == {name: now[name] for name in STAYS}

    said = [
        f"Port {urlsplit(old).port} of the last start is in use by another program: from now on {name} has port "
        f"{urlsplit(new).port}. What uses the old address must be changed."
        for name, old, new in [
            ("the sandbox Slack", before["slack_url"], now["slack_url"]),
            ("replica 1", before["bridge_urls"][0], now["bridge_urls"][0]),
        ]
    ]
    assert now["notes"] == said
    assert (now["api_key"], now["database_url"]) == (before["api_key"], before["database_url"])
    await damage(folder)


async def damage(folder: Path) -> None:
    """Damage one file after the other of a folder that was in use; each has its sentence, and `--fresh` mends all."""
    cut = (folder / "askbridge.json").read_text()[:40]
    for path, text, words in [
        ("askbridge.json", cut, "askbridge.json, which holds the ports and the API key of the last start, is damaged:"),
        ("slack.jsonl", "[]\n", "slack.jsonl, which holds the sandbox's messages, is damaged in line 1."),
        ("postgres/password", "", "password is damaged:"),
        ("postgres/cluster/PG_VERSION", None, "cluster is damaged: it has no readable file PG_VERSION"),
        ("postgres/cluster/global/pg_control", None, "PostgreSQL ended while starting:"),
    ]:
        damaged = folder / path
        before = damaged.read_bytes()
        if text is None:
            damaged.rename(folder / "elsewhere")
        else:
            damaged.write_text(text)

        status, out, err = await run("dev", "--data", folder)

        assert (status, out) == (1, ""), err
        assert words in err and (FRESH in err or "Delete this file" in err), err
        if text is None:
            (folder / "elsewhere").rename(damaged)
        else:
            damaged.write_bytes(before)
    (folder / "postgres/cluster/PG_VERSION").unlink()
    async with dev_in(folder, "--fresh") as dev:
        await dev.ask()


async def test_a_folder_of_another_account_is_refused_and_not_changed(folder: Path) -> None:
    other = Path("/usr")  # root's
    if os.geteuid() == 0:
        other = folder.parent
        os.chown(other, 65534, -1)
    before = set(os.listdir(other))  # noqa: PTH208  -- as above

    status, _, err = await run("dev", "--data", other)

    assert status == 1
    assert f"The data folder {other} belongs to another account" in err and "--data" in err
    assert set(os.listdir(other)) == before  # noqa: PTH208  -- as above
