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
from tests.scenarios.commands import refusal, run
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes

FRESH = "add --fresh (with make: `make dev FRESH=1`)"
STAYS = ("bridge_urls", "slack_url", "database_url", "api_key", "organization", "connection")


def kept(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in STAYS}


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


async def test_what_was_used_stays_a_taken_port_and_a_revoked_key_are_replaced_and_a_replica_is_added(
    folder: Path,
) -> None:
    async with dev_in(folder, "--metrics") as dev:
        await views_lead_to_empty_channels(dev)
        one, asked = dev.facts, await dev.ask()
    with taken(one["slack_url"]):
        async with dev_in(folder, replicas=2) as dev:
            two = dev.facts
            assert (await dev.get(asked["id"], replica=1))["title"] == asked["title"]
            await dev.operate("update keys set revoked_at = now()")
    assert two["notes"] == [moved("the sandbox Slack", one["slack_url"], two["slack_url"])]
    assert {**kept(two), "slack_url": one["slack_url"], "bridge_urls": two["bridge_urls"][:1]} == kept(one)

    with taken(two["bridge_urls"][0]):
        async with dev_in(folder, "--metrics", replicas=2) as dev:
            three = dev.facts
            await dev.ask()
    port, key = three["notes"]
    assert port == moved("replica 1", two["bridge_urls"][0], three["bridge_urls"][0])
    assert "there is a new one" in key and three["api_key"] != two["api_key"]
    assert three["metrics_urls"][:1] == one["metrics_urls"]
    replaced = {"bridge_urls": [three["bridge_urls"][0], two["bridge_urls"][1]], "api_key": three["api_key"]}
    assert kept(three) == {**kept(two), **replaced}


def moved(name: str, old: str, new: str) -> str:
    return (
        f"Port {urlsplit(old).port} of the last start is in use by another program: from now on {name} has port "
        f"{urlsplit(new).port}. What uses the old address must be changed."
    )


async def views_lead_to_empty_channels(dev: Program) -> None:
    """The banner links each person's view to a channel that they see."""
    views = dev.facts["views"]
    assert [view["name"] for view in views] == ["ana", "bob", "cho", "gus", "sam"]
    for view in views:
        slack_url, _, place = view["url"].partition("/#")
        user, channel = (part.partition("=")[2] for part in place.split("&"))
        assert (slack_url, user) == (dev.facts["slack_url"], view["user"])
        assert await dev.messages(user, channel) == []


async def test_after_a_sigkill_all_is_as_before_damage_is_told_and_fresh_mends_it_and_deletes_nothing_else(
    folder: Path,
) -> None:
    async with dev_in(folder) as dev:
        before, asked = kept(dev.facts), await dev.posted(await dev.ask())
        dev.process.send_signal(signal.SIGKILL)
        await dev.process.wait()

        async with dev_in(folder) as again:
            assert kept(again.facts) == before
            assert again.facts["notes"] == []
            assert (await again.click(asked, "U0ANA", replica=0))["status"] == 200
            assert (await again.get(asked["id"], wait=20))["answer"]["approved"]
            await again.settled(asked)

    await damage(folder)
    (folder / "postgres/cluster/PG_VERSION").unlink()
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


async def damage(folder: Path) -> None:
    """Damage one file after the other of a folder that was in use; each has its sentence."""
    cut = (folder / "askbridge.json").read_text()[:40]
    for path, text, words in [
        ("askbridge.json", cut, "askbridge.json, which holds the ports and the API key of the last start, is damaged:"),
        ("postgres/password", "", "password is damaged:"),
        ("postgres/cluster/PG_VERSION", None, "cluster is damaged: it has no readable file PG_VERSION"),
        ("postgres/cluster/global/pg_control", None, "PostgreSQL ended while starting:"),
    ]:
        with damaged(folder / path, text):
            refused = await refusal(folder)
        assert words in refused and FRESH in refused

    with damaged(folder / "slack.jsonl", "[]\n"):  # what the process of the sandbox says
        status, out, err = await run("dev", "--data", folder)
    assert (status, out) == (1, "")
    assert "slack.jsonl, which holds the sandbox's messages, is damaged in line 1. Delete this file" in err


@contextlib.contextmanager
def damaged(file: Path, text: str | None) -> Iterator[None]:
    """For the block the file has this text, or is not there."""
    aside = file.with_name("aside")
    file.rename(aside)
    if text is not None:
        shutil.copy2(aside, file)
        file.write_text(text)
    yield
    aside.rename(file)


async def test_a_folder_of_another_account_is_refused_and_not_changed(folder: Path) -> None:
    other = Path("/usr")  # root's
    if os.geteuid() == 0:
        other = folder.parent
        os.chown(other, 65534, -1)
    before = set(os.listdir(other))  # noqa: PTH208  -- as above

    refused = await refusal(other)

    assert f"The data folder {other} belongs to another account" in refused and "--data" in refused
    assert set(os.listdir(other)) == before  # noqa: PTH208  -- as above
