"""What a replica says when it starts: all that an operator would ask first, and no secret."""

import io
import json
from typing import Any

import pytest
from pydantic import SecretStr

from bridge import ids
from bridge.server import fd_limit, startup_log
from bridge.server.config import Settings
from storage import connections, organizations
from storage.pool import Database
from tests.storage import build

MANY = fd_limit.allot(4096, database=14)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hush@db.example:5432/ask", "db.example:5432/ask"),
        ("postgres://me@db.example/ask", "db.example/ask"),
        ("postgresql://db.example/ask?password=hush", "db.example/ask"),
        ("postgresql://me:hu@sh@one:1,two:2/ask?target_session_attrs=primary", "one:1,two:2/ask"),
        ("postgresql://me:hush/hush@db/ask", "db/ask"),
        ("postgresql://me:hush#hush@db/ask", None),
        ("postgresql://me:hush?hush@db/ask", None),
        ("postgresql://db/ask?password=hush@hush", None),
        ("postgresql:///ask", "/ask"),
        ("postgresql://me:hush@[::1]:5432/ask", "[::1]:5432/ask"),
        ("postgresql://me:hush/ask", None),
        ("postgresql://me:hush", None),
    ],
)
def test_where_a_database_is_can_be_said_without_its_password(url: str, shown: str | None) -> None:
    assert startup_log.whereabouts(url) == shown


def settings(**other: Any) -> Settings:
    return Settings(
        database_url=SecretStr("postgresql://me:hush@db/ask"), slack_signing_secret=SecretStr("s" * 32), **other
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ASKBRIDGE_PROT", "ASKBRIDGE_PORT"),
        ("ASKBRIDGE_REQUEST_PER_SECOND", "ASKBRIDGE_REQUESTS_PER_SECOND"),
        ("ASKBRIDGE_DATABASE_URI", "ASKBRIDGE_DATABASE_URL"),
        ("ASKBRIDGE_SLACK_TOKEN", "ASKBRIDGE_SLACK_BOT_TOKEN"),
        ("ASKBRIDGE_PORT", None),
        ("ASKBRIDGE_URL", None),
        ("ASKBRIDGE_KEY", None),
        ("ASKBRIDGE_PORT_8080_TCP", None),
        ("ASKBRIDGE_PORT_8080_TCP_PORT", None),
        ("ASKBRIDGE_SERVICE_HOST", None),
        ("ASKBRIDGE_SERVICE_PORT", None),
        ("ASKBRIDGE_REQUIRE_BROWSER", None),
        ("PROT", None),
    ],
)
def test_a_setting_that_is_nearly_spelt_right_is_told_of(name: str, meant: str | None) -> None:
    assert startup_log.misspelt([name]) == ([(name, meant)] if meant else [])


def test_a_misspelt_setting_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, log: io.StringIO, told: Any) -> None:
    monkeypatch.setenv("ASKBRIDGE_PROT", "hush")

    startup_log.starting(settings(), MANY)

    assert told()["setting_misspelt"]["setting"] == "ASKBRIDGE_PROT"
    assert "if ASKBRIDGE_PORT was meant" in told()["setting_misspelt"]["fix"] and "hush" not in str(told())


@pytest.fixture
def told(log: io.StringIO) -> Any:
    """The lines of the log by their event."""

    def read() -> dict[str, dict[str, Any]]:
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        return {line["event"]: line for line in lines}

    return read


def test_a_replica_says_what_it_is_and_what_it_lacks(log: io.StringIO, told: Any) -> None:
    startup_log.starting(settings(slack_bot_token=None, port=8080), MANY)

    said = told()
    assert said["replica_starting"]["listen"] == "127.0.0.1:8080"
    assert said["replica_starting"]["database"] == "db/ask"
    assert said["token_missing"]["setting"] == "ASKBRIDGE_SLACK_BOT_TOKEN"
    assert "no card is posted" in said["token_missing"]["means"] and said["token_missing"]["fix"]
    assert "hush" not in log.getvalue() and "sss" not in log.getvalue()


def test_with_a_token_nothing_is_missing(told: Any) -> None:
    startup_log.starting(settings(slack_bot_token=SecretStr("xoxb-1")), MANY)

    assert list(told()) == ["replica_starting"]


def test_a_replica_that_can_hold_few_connections_says_so(told: Any) -> None:
    startup_log.starting(settings(slack_bot_token=SecretStr("xoxb-1")), fd_limit.allot(1024, database=14))

    said = told()["descriptors_few"]
    assert (said["number"], said["connections"]) == (1024, 610)
    assert "at most 457 agents" in said["means"] and "4096" in said["fix"]


async def test_a_replica_says_whom_it_serves_and_that_its_database_forgets(db: Database, told: Any) -> None:
    scope = (await build.tenant(db)).scope
    gone = (await build.tenant(db)).scope
    await organizations.disable(db, gone.organization_id, new_id=ids.new)
    (one,) = await connections.of_organization(db, scope.organization_id)

    await startup_log.standing(db)

    said = told()
    assert said["database_reached"]["schema"] >= 3
    assert said["database_not_durable"]["off"] == "fsync, synchronous_commit, full_page_writes"
    assert said["connection_known"]["connection"] == ids.encode("con", one.id)
    assert said["connection_known"]["team"] == one.team_id
