"""The log of a replica's start: what an operator needs to know first, and no secret."""

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
        database_url=SecretStr("postgresql://me:hush@db/ask"), slack_signing_secret=SecretStr("5" * 32), **other
    )


def test_a_misspelt_setting_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, log: io.StringIO, lines: Any) -> None:
    monkeypatch.setenv("ASKBRIDGE_PROT", "hush")

    startup_log.starting(settings(), MANY)

    assert lines()["setting_misspelt"]["setting"] == "ASKBRIDGE_PROT"
    assert "if ASKBRIDGE_PORT was meant" in lines()["setting_misspelt"]["fix"] and "hush" not in str(lines())


@pytest.fixture
def lines(log: io.StringIO) -> Any:
    """The lines of the log by their event."""

    def read() -> dict[str, dict[str, Any]]:
        return {line["event"]: line for line in map(json.loads, log.getvalue().splitlines())}

    return read


def test_a_replica_says_what_it_is_and_what_it_lacks(log: io.StringIO, lines: Any) -> None:
    startup_log.starting(settings(slack_bot_token=None, port=8080), MANY)

    logged = lines()
    assert logged["replica_starting"]["listen"] == "127.0.0.1:8080"
    assert logged["replica_starting"]["database"] == "db/ask"
    assert logged["token_missing"]["setting"] == "ASKBRIDGE_SLACK_BOT_TOKEN"
    assert "posts and changes no cards" in logged["token_missing"]["means"] and logged["token_missing"]["fix"]
    assert "hush" not in log.getvalue() and "5" * 9 not in log.getvalue()  # a time has up to six digits


@pytest.mark.parametrize("secret", ["hush" * 8, "5" * 31, f"{'5' * 32},{'5' * 31}", "A" * 32])
def test_a_signing_secret_that_is_not_like_slacks_is_warned_about(secret: str, log: io.StringIO, lines: Any) -> None:
    unusual = settings().model_copy(update={"slack_signing_secret": SecretStr(secret)})

    startup_log.starting(unusual, MANY)

    logged = lines()["signing_secret_unusual"]
    assert logged["level"] == "warning" and logged["setting"] == "ASKBRIDGE_SLACK_SIGNING_SECRET"
    assert "Basic Information" in logged["fix"]
    assert secret not in log.getvalue() and "hush" not in log.getvalue()


def test_with_a_token_nothing_is_missing(lines: Any) -> None:
    startup_log.starting(settings(slack_bot_token=SecretStr("xoxb-1")), MANY)

    assert list(lines()) == ["replica_starting"]


def test_a_replica_that_can_hold_few_connections_says_so(lines: Any) -> None:
    startup_log.starting(settings(slack_bot_token=SecretStr("xoxb-1")), fd_limit.allot(1024, database=14))

    logged = lines()["descriptors_few"]
    assert (logged["number"], logged["connections"]) == (1024, 610)
    assert "at most 457 agents" in logged["means"] and "4096" in logged["fix"]


async def test_a_replica_says_which_organizations_it_serves_and_that_its_database_forgets(
    db: Database, lines: Any
) -> None:
    scope = (await build.tenant(db)).scope
    gone = (await build.tenant(db)).scope
    await organizations.disable(db, gone.organization_id, new_id=ids.new)
    (connection,) = await connections.of_organization(db, scope.organization_id)

    await startup_log.log_database(db)

    logged = lines()
    assert logged["database_reached"]["schema"] >= 3
    assert logged["database_not_durable"]["off"] == "fsync, synchronous_commit, full_page_writes"
    assert logged["connection_known"]["connection"] == ids.encode("con", connection.id)
    assert logged["connection_known"]["team"] == connection.team_id
