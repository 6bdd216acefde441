"""The commands as people type them: what they print, how they end, and what they say when they cannot."""

import asyncio
import json
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest

from storage import migrate
from tests.scenarios import program
from tests.scenarios.commands import invoke, refusal, run, start, typed
from tests.waiting import until

pytestmark = pytest.mark.processes


async def test_serve_without_settings_names_what_is_missing() -> None:
    status, out, err = await run("serve")

    assert (status, out) == (1, "")
    assert "ASKBRIDGE_DATABASE_URL: is not set" in err
    assert "ASKBRIDGE_SLACK_SIGNING_SECRET: is not set" in err
    assert "docs/configuration.md" in err and "askbridge doctor" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("secret", ["", "   ", "abc,,def"])
def test_serve_refuses_a_blank_signing_secret_in_words(secret: str) -> None:
    status, _, err = invoke(
        "serve",
        ASKBRIDGE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none",
        ASKBRIDGE_SLACK_SIGNING_SECRET=secret,
    )

    assert status == 1
    assert "ASKBRIDGE_SLACK_SIGNING_SECRET: is" in err or "signing secret is blank" in err
    assert "Traceback" not in err


async def test_migrate_says_what_it_did_and_then_that_there_is_nothing_to_do(empty_dsn: str) -> None:
    settings = {"ASKBRIDGE_DATABASE_URL": empty_dsn}

    first = await run("migrate", **settings)
    second = await typed("migrate", **settings)

    applied = "".join(f"applied {migration.version:04} {migration.name}\n" for migration in migrate.ours())
    assert first == (0, applied, "")
    assert second == (0, "nothing to do: the schema is up to date\n", "")


def test_migrate_without_a_database_says_what_to_check() -> None:
    status, _, err = invoke("migrate", ASKBRIDGE_DATABASE_URL="postgresql://me:hush@127.0.0.1:1/none")

    assert status == 1
    assert "ASKBRIDGE_DATABASE_URL" in err
    assert "hush" not in err and "Traceback" not in err


async def test_migrate_with_a_wrong_password_says_what_to_check(dsn: str) -> None:
    parts = urlsplit(dsn)
    wrong = parts._replace(netloc=f"{parts.username}:hush@{parts.hostname}:{parts.port}").geturl()

    status, _, err = await typed("migrate", ASKBRIDGE_DATABASE_URL=wrong)

    assert status == 1
    assert "InvalidPasswordError" in err and "ASKBRIDGE_DATABASE_URL" in err and "hush" not in err


async def test_serve_refuses_a_database_that_is_not_migrated(empty_dsn: str) -> None:
    status, _, err = await run(
        "serve", ASKBRIDGE_DATABASE_URL=empty_dsn, ASKBRIDGE_SLACK_SIGNING_SECRET="s" * 32, ASKBRIDGE_PORT="0"
    )

    assert status == 1
    assert "run `askbridge migrate`" in err and "Traceback" not in err


async def test_serve_waits_for_a_database_that_is_not_there_yet_and_says_so(dsn: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken_port = taken.getsockname()[1]
        nowhere = f"postgresql://me:hush@127.0.0.1:{taken_port}/none"
        process = await start(
            "serve", ASKBRIDGE_DATABASE_URL=nowhere, ASKBRIDGE_SLACK_SIGNING_SECRET="s" * 32, ASKBRIDGE_PORT="0"
        )
        assert process.stderr is not None
        lines = b""
        async with asyncio.timeout(program.READY_SECONDS):
            while b"database_awaited" not in lines:
                lines += await process.stderr.readline()
        os.kill(process.pid, signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert f"database=127.0.0.1:{taken_port}/none".encode() in lines
    assert process.returncode == 0
    assert b"hush" not in lines + rest and b"Traceback" not in rest


async def test_serve_without_slack_takes_questions_from_the_day_before_and_stops_when_told(dsn: str) -> None:
    process = await start(
        "serve",
        "--json",
        ASKBRIDGE_DATABASE_URL=dsn,
        ASKBRIDGE_SLACK_SIGNING_SECRET="s" * 32,
        ASKBRIDGE_SLACK_BOT_TOKEN="xoxb-nobody",
        ASKBRIDGE_SLACK_API_URL="http://127.0.0.1:1/api/",
        ASKBRIDGE_PORT="0",
        ASKBRIDGE_LOG="json",
    )
    assert process.stdout is not None
    facts = json.loads(await asyncio.wait_for(process.stdout.readline(), program.READY_SECONDS))
    async with aiohttp.ClientSession() as http:

        async def ready() -> int:
            async with http.get(f"{facts['url']}/readyz") as response:
                return response.status

        await until(ready, lambda status: status == 200)
    os.kill(facts["pid"], signal.SIGTERM)
    _, log = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    lines = [json.loads(line) for line in log.decode().splitlines()]
    events = [line["event"] for line in lines]
    assert process.returncode == 0
    assert events[0] == "replica_starting" and events[-1] == "replica_stopped"
    assert "slack_awaited" in events and "token_missing" not in events
    assert b"xoxb" not in log and str(urlsplit(dsn).password).encode() not in log


async def test_migrate_without_permission_says_what_to_do(empty_dsn: str) -> None:
    """Since PostgreSQL 15 only its owner may make a table in a new database."""
    owner = await asyncpg.connect(empty_dsn)
    await owner.execute("create role visitor login password 'hush'")
    parts = urlsplit(empty_dsn)
    visitor = parts._replace(netloc=f"visitor:hush@{parts.hostname}:{parts.port}").geturl()
    try:
        status, _, err = await typed("migrate", ASKBRIDGE_DATABASE_URL=visitor)
    finally:
        await owner.execute("drop role visitor")
        await owner.close()

    assert status == 1
    assert "lacks a permission (InsufficientPrivilegeError). To fix it: make this user the owner" in err
    assert "hush" not in err


async def test_serve_says_where_it_cannot_listen(dsn: str) -> None:
    settings = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "s" * 32}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, in_use = await run("serve", **settings, ASKBRIDGE_PORT=port)
        also, _, metrics = await run("serve", **settings, ASKBRIDGE_PORT="0", ASKBRIDGE_METRICS_PORT=port)
    other, _, nowhere = await run("serve", **settings, ASKBRIDGE_PORT="0", ASKBRIDGE_HOST="192.0.2.1")

    assert status == also == other == 1
    assert f"127.0.0.1:{port}: it is already in use. Choose another ASKBRIDGE_PORT" in in_use
    assert f"127.0.0.1:{port}: it is already in use. Choose another ASKBRIDGE_METRICS_PORT" in metrics
    assert "this machine has no such address. Choose another ASKBRIDGE_HOST" in nowhere


@pytest.mark.parametrize("option", ["--port", "--slack-port"])
async def test_dev_on_a_port_that_is_taken_says_so(option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        status, out, err = await run("dev", option, str(taken.getsockname()[1]))

    assert (status, out) == (1, "")
    assert f"already in use. Choose another {option}, or leave it out" in err and "Traceback" not in err


async def test_dev_does_not_touch_a_folder_that_is_not_its_own(reachable_path: Path) -> None:
    foreign = reachable_path / "postgres"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")

    assert str(foreign) in await refusal(reachable_path)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--replicas", "0"], "not in the range"),
        (["--port", "seventy"], "not a valid whole number"),
        (["--bogus"], "No such option"),
        (["--port", "65535", "--replicas", "2"], "none above 65535"),
        (["--port", "4000", "--replicas", "2", "--slack-port", "4001"], "4000 to 4001"),
        (["--data", ""], "must not be blank"),
        (["--data", "/dev/null"], "is no folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_are_refused_with_a_hint(wrong: list[str], words: str) -> None:
    status, _, err = invoke("dev", *wrong)

    assert status == 2
    assert "Usage: askbridge dev" in err and words in err


@pytest.mark.parametrize("inside", ["/dev/null/x", "/proc/self/none"])
async def test_dev_where_no_folder_can_be_made_says_so(inside: str) -> None:
    assert f"The data folder {inside} cannot be used" in await refusal(Path(inside))


async def test_two_dev_cannot_share_a_folder_and_another_majors_is_not_opened(reachable_path: Path) -> None:
    """The second is told that it is in use, the next one, as if of another time, which version made it."""
    async with program.running(reachable_path, "--data", str(reachable_path), replicas=1):
        assert "is in use by another process" in await refusal(reachable_path)
    (reachable_path / "postgres" / "cluster" / "PG_VERSION").write_text("14\n")

    assert "was made by PostgreSQL 14 and cannot be opened by" in await refusal(reachable_path)
