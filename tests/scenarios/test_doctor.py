"""`askbridge doctor`: on a sound program nothing fails, and each fault has the command that fixes it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge import ids
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.model import Channel
from sandbox.slack.server import Sandbox
from storage import connections
from storage.pool import Database
from tests.scenarios.commands import run, run_json, typed
from tests.scenarios.program import Program
from tests.storage import build
from tests.waiting import until

pytestmark = pytest.mark.processes

COMMANDS = Path(__file__).parents[2] / "docs" / "commands.md"
NAMES = [
    "settings",
    "database",
    "schema",
    "durability",
    "signing secret",
    "token",
    "scopes",
    "channel",
    "workspace",
    "Slack API",
    "cards",
    "clicks",
    "button",
    "clock",
]


def without_numbers(text: str) -> str:
    """Output without the ids and numbers that differ from run to run."""
    return re.sub(r"\d+(\.\d+)*", "0", re.sub(r"(org|con)_\w+", r"\1_0", text))


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


@pytest.fixture
def settings(dsn: str, slack: Sandbox) -> dict[str, str]:
    app = slack.world.app
    return {
        "ASKBRIDGE_DATABASE_URL": dsn,
        "ASKBRIDGE_SLACK_SIGNING_SECRET": app.signing_secret,
        "ASKBRIDGE_SLACK_BOT_TOKEN": app.bot_token,
        "ASKBRIDGE_SLACK_API_URL": slack.api_url,
    }


async def examined(*more: str, **settings: str) -> tuple[int, dict[str, str]]:
    """The exit status, and each line by the name of what was examined."""
    status, out, err = await typed("doctor", *more, **settings)
    assert err == ""
    lines = out.splitlines()
    assert [line[8:].split(":")[0] for line in lines] == NAMES
    assert all(("To fix it: " in line) == line.startswith("failed") for line in lines)
    return status, dict(zip(NAMES, lines, strict=True))


@pytest.mark.asyncio(loop_scope="session")
async def test_in_a_program_that_works_nothing_fails(shared: Program) -> None:
    settings = {
        "ASKBRIDGE_DATABASE_URL": shared.facts["database_url"],
        "ASKBRIDGE_SLACK_SIGNING_SECRET": shared.facts["signing_secret"],
        "ASKBRIDGE_SLACK_BOT_TOKEN": shared.facts["bot_token"],
        "ASKBRIDGE_SLACK_API_URL": f"{shared.facts['slack_url']}/api/",
    }
    status, out, err = await run(
        *("doctor", "--url", f"{shared.bridge(0)}/slack/events", "--channel", "C0APPROVALS"), **settings
    )
    as_json = await run_json("doctor", **settings)

    assert (status, err) == (0, "")
    expected = {"button": "skipped"}
    assert [line.split()[0] for line in out.splitlines()] == [expected.get(name, "ok") for name in NAMES], out
    assert shared.facts["organization"] in out and shared.facts["connection"] in out
    assert shared.facts["bot_token"] not in out and shared.facts["signing_secret"] not in out
    assert as_json["ok"] is True
    sample = re.search(
        r"^\$ askbridge doctor --url [^\n]+\n(.+?)^```", COMMANDS.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert sample is not None and without_numbers(sample[1]) == without_numbers(out), "docs/commands.md shows it"
    assert [check["state"] for check in as_json["checks"] if check["name"] == "clicks"] == ["skipped"]


async def test_with_nothing_set_every_line_says_what_to_set(slack: Sandbox) -> None:
    status, lines = await examined(ASKBRIDGE_SLACK_API_URL=slack.api_url)

    assert status == 1
    assert lines["database"].startswith("failed") and "export ASKBRIDGE_DATABASE_URL=" in lines["database"]
    assert lines["signing secret"].startswith("failed")
    assert lines["Slack API"].startswith("ok")
    assert lines["clock"].startswith("ok") and lines["clock"].endswith("from Slack's")
    for name in ("schema", "durability", "token", "scopes", "channel", "workspace", "cards", "clicks", "button"):
        assert lines[name].startswith("skipped"), lines[name]


async def test_a_database_that_forgets_and_an_unconnected_workspace_are_failures(settings: dict[str, str]) -> None:
    status, lines = await examined(**settings)

    assert status == 1
    assert "alter system set fsync = on" in lines["durability"]
    assert lines["workspace"].startswith("failed") and lines["workspace"].endswith("askbridge serve")
    for name in ("database", "schema", "token", "scopes", "Slack API", "clock"):
        assert lines[name].startswith("ok"), lines[name]
    assert "from the database's" in lines["clock"] and "from Slack's" in lines["clock"]


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("C0APPROVALS", "ok      channel: the bot is in C0APPROVALS (#approvals)"),
        ("C0ARCHIVE", "failed  channel: C0ARCHIVE (#archive) is archived. To fix it: unarchive it"),
        (
            "C0PRIVATE",
            "failed  channel: C0PRIVATE: Slack said channel_not_found. To fix it: Check the channel's id; if",
        ),
        (
            "C0LONELY",
            "failed  channel: the bot is not in C0LONELY (#lonely). To fix it: write /invite @askbridge in the",
        ),
    ],
)
async def test_a_channel_is_told_whether_the_bot_is_in_it(
    settings: dict[str, str], slack: Sandbox, channel: str, expected: str
) -> None:
    slack.world.channels["C0LONELY"] = Channel(id="C0LONELY", name="lonely", members=frozenset({"U0ANA"}))

    _, lines = await examined("--channel", channel, **settings)

    assert lines["channel"].startswith(expected)


async def test_a_token_that_may_not_look_at_channels_skips_them(settings: dict[str, str], slack: Sandbox) -> None:
    """The manifest does not ask for that scope."""
    slack.faults.add(Fault(on="conversations.info", kind=Kind.ERROR, error="missing_scope"))

    _, lines = await examined("--channel", "C0APPROVALS", **settings)

    assert lines["channel"].startswith("skipped channel: C0APPROVALS: the bot token lacks channels:read")


async def test_whatever_does_not_answer_is_waited_for_some_seconds_only(settings: dict[str, str]) -> None:
    """A database, a Slack and a bridge that take every connection and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        async with asyncio.timeout(60):
            status, lines = await examined(
                *("--url", f"http://{host}/slack/events"),
                **settings
                | {
                    "ASKBRIDGE_DATABASE_URL": f"postgresql://me:hush@{host}/none",
                    "ASKBRIDGE_SLACK_API_URL": f"http://{host}/api/",
                },
            )

    assert status == 1
    for name in ("database", "token", "Slack API", "clicks"):
        assert lines[name].startswith("failed"), lines[name]
    assert lines["clock"].startswith("skipped")


async def test_a_disabled_workspace_is_told_how_to_enable_it(db: Database, settings: dict[str, str]) -> None:
    scope = (await build.tenant(db, team="T0SANDBOX")).scope
    await connections.disable(db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)

    _, lines = await examined(**settings)

    assert f"askbridge connections enable {ids.encode('con', scope.connection_id)}" in lines["workspace"]


async def test_an_empty_database_is_told_to_be_migrated(settings: dict[str, str], empty_dsn: str) -> None:
    status, lines = await examined(**settings | {"ASKBRIDGE_DATABASE_URL": empty_dsn})

    assert status == 1
    assert lines["schema"].startswith("failed") and lines["schema"].endswith("askbridge migrate")
    assert lines["workspace"].startswith("skipped")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"ASKBRIDGE_DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/none"}, "database"),
        ({"ASKBRIDGE_DATABASE_URL": "hush"}, "database"),
        ({"ASKBRIDGE_DATABASE_URL": "postgresql://h:hush@[::1/x"}, "database"),
        ({"ASKBRIDGE_SLACK_SIGNING_SECRET": ""}, "signing secret"),
        ({"ASKBRIDGE_SLACK_BOT_TOKEN": "xoxb-hush"}, "token"),
        ({"ASKBRIDGE_SLACK_BOT_TOKEN": "hush"}, "token"),
        ({"ASKBRIDGE_SLACK_API_URL": "http://127.0.0.1:1/hush-not"}, "Slack API"),
    ],
)
async def test_a_wrong_setting_is_a_failed_line_and_never_shown(
    settings: dict[str, str], changed: dict[str, str], name: str
) -> None:
    status, lines = await examined(**settings | changed)

    assert status == 1
    assert lines[name].startswith("failed"), lines[name]
    assert "hush" not in str(lines).replace("hush-not", "")


async def test_whatever_does_not_insist_on_slacks_signature_is_no_way_for_clicks(
    settings: dict[str, str], slack: Sandbox
) -> None:
    _, elsewhere = await examined("--url", f"{slack.url}/slack/events", **settings)
    _, nowhere = await examined("--url", "http://127.0.0.1:1/slack/events", **settings)

    assert "HTTP 404 instead of 401" in elsewhere["clicks"]
    assert "cannot be reached" in nowhere["clicks"]


@pytest.mark.parametrize(
    "wrong", [["--url", "bridge.example"], ["--url"], ["now"], ["--channel", "#approvals"]], ids=" ".join
)
async def test_wrong_use_is_answered_in_words(wrong: list[str]) -> None:
    status, out, err = await typed("doctor", *wrong)

    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("Error: ")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_replica_with_another_signing_secret_is_no_way_for_clicks(shared: Program) -> None:
    url = f"{shared.bridge(0)}/slack/events"

    _, lines = await examined("--url", url, ASKBRIDGE_SLACK_SIGNING_SECRET="0" * 32)

    assert lines["clicks"].startswith(f"failed  clicks: {url} answered a request signed with ASKBRIDGE_SLACK_SIGNING_")
    assert "with HTTP 401 instead of 200" in lines["clicks"]


@pytest.mark.asyncio(loop_scope="session")
async def test_without_a_signing_secret_the_way_of_clicks_is_not_known_to_be_right(shared: Program) -> None:
    _, lines = await examined("--url", f"{shared.bridge(0)}/slack/events")

    assert lines["clicks"].startswith("skipped") and "without the signing secret" in lines["clicks"]


@pytest.mark.parametrize("secret", ["xyz" * 11, "0" * 31])
async def test_a_signing_secret_that_is_not_like_slacks_is_warned_about(settings: dict[str, str], secret: str) -> None:
    _, lines = await examined(**settings | {"ASKBRIDGE_SLACK_SIGNING_SECRET": secret})

    assert lines["signing secret"].startswith("ok      signing secret: is set, but is not 32 hexadecimal digits")


async def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(settings: dict[str, str]) -> None:
    status, lines = await examined(**settings, ASKBRIDGE_METRIC_PORT="9090")

    assert status == 1
    assert lines["settings"] == (
        "failed  settings: ASKBRIDGE_METRIC_PORT is not a setting, so it has no effect. "
        "To fix it: rename ASKBRIDGE_METRIC_PORT to ASKBRIDGE_METRICS_PORT if you meant that, or unset it"
    )


async def test_a_command_warns_of_a_misspelt_setting_of_its_own(dsn: str) -> None:
    status, out, err = await typed(
        "migrate", ASKBRIDGE_DATABASE_URL=dsn, ASKBRIDGE_DATABASE_DIRECT_ULR=dsn, ASKBRIDGE_PROT="1"
    )

    assert (status, out) == (0, "nothing to do: the schema is up to date\n")
    assert err == (
        "ASKBRIDGE_DATABASE_DIRECT_ULR: no setting has this name, so it has no effect; "
        "if ASKBRIDGE_DATABASE_DIRECT_URL was meant, write it so\n"
    )


async def test_cards_that_wait_for_a_token_that_no_replica_has_are_a_failure(
    db: Database, settings: dict[str, str]
) -> None:
    tenant = await build.tenant(db)
    await build.question(db, tenant)

    status, lines = await examined(**settings)

    assert status == 1
    con = ids.encode("con", tenant.scope.connection_id)
    assert lines["cards"].startswith(
        f"failed  cards: cards wait, and no replica has a working bot token for them: 1 of Acme ({con}), since 20"
    )
    assert "export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-" in lines["cards"]
    await build.serve(db, tenant)
    assert (await examined(**settings))[1]["cards"].startswith("ok")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_button_is_posted_and_its_signed_click_is_waited_for(shared: Program) -> None:
    """Any verdict will do, also that of a person of another organization."""
    settings = {
        "ASKBRIDGE_DATABASE_URL": shared.facts["database_url"],
        "ASKBRIDGE_SLACK_BOT_TOKEN": shared.facts["bot_token"],
        "ASKBRIDGE_SLACK_API_URL": f"{shared.facts['slack_url']}/api/",
    }
    url = f"{shared.bridge(0)}/v1/interactions?tag=askbridge-doctor&status=pending"

    async def posted() -> Any:
        _, page = await shared.call("GET", url)
        return next((asked for asked in page["items"] if asked["cards"][0]["ts"]), None)

    for user, verdict in (("U0ANA", "won"), ("U0SAM", "outsider")):
        command = asyncio.create_task(run("doctor", "--click", "C0APPROVALS", "--wait", "60", **settings))
        asked = await until(posted, bool)
        clicked = await shared.click(asked, user, replica=1, action_id="v1:choose:one")
        _, out, err = await command

        assert clicked["status"] == 200
        (line,) = [line for line in out.splitlines() if line[8:].startswith("button:")]
        assert (
            line.startswith("ok") and f"({user}) in C0APPROVALS reached a replica ({verdict}); this tests one" in line
        )
        assert err.startswith("A card was posted in C0APPROVALS. Press one of its buttons")
        ended = await shared.get(asked["id"])
        assert ended["status"] == ("answered" if verdict == "won" else "cancelled") and ended["heard_at"]
        await shared.settled(asked)
    listed = await run_json("keys", "list", **settings)
    assert [key["revoked_at"] is not None for key in listed["items"] if key["name"] == "askbridge doctor"] == [True]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_button_without_a_click_says_what_to_look_at(shared: Program) -> None:
    settings = {
        "ASKBRIDGE_DATABASE_URL": shared.facts["database_url"],
        "ASKBRIDGE_SLACK_BOT_TOKEN": shared.facts["bot_token"],
        "ASKBRIDGE_SLACK_API_URL": f"{shared.facts['slack_url']}/api/",
    }

    asked = await shared.posted(await shared.ask())
    await shared.click(asked, "U0ANA", replica=0)  # it is recorded once, after the acknowledgement
    noted = "select from connections where first_click_at is not null"
    await until(lambda: shared.operate(noted), bool)

    status, out, _ = await run("doctor", "--click", "C0APPROVALS", "--wait", "1", **settings)
    _, elsewhere, _ = await run("doctor", "--click", "C0ARCHIVE", "--wait", "1", **settings)

    assert status == 1
    (line,) = [line for line in out.splitlines() if line[8:].startswith("button:")]
    assert line.startswith("failed  button: no signed click from C0APPROVALS arrived within 1 s; ")
    for word in ("Interactivity", "Request URL", "slack_request_refused", "ASKBRIDGE_SLACK_SIGNING_SECRET"):
        assert word in line
    assert "clicks from this workspace arrived earlier" in line
    apart = re.search(r"^ok +clock: ([0-9.]+) s away from the database's", out, re.MULTILINE)
    assert apart is not None and float(apart[1]) < 0.5, "the second of the wait does not count"
    (line,) = [line for line in elsewhere.splitlines() if line[8:].startswith("button:")]
    assert line.startswith("failed  button: no card was posted in C0ARCHIVE: ") and "is_archived" in line


async def test_without_a_replica_there_is_no_button_to_wait_for(
    db: Database, settings: dict[str, str], slack: Sandbox
) -> None:
    tenant = await build.tenant(db, team="T0SANDBOX")

    status, out, err = await typed("doctor", "--click", "C0APPROVALS", **settings)

    assert status == 1 and err == ""
    methods = [request.method for request in slack.requests]
    assert methods.count("auth.test") == 2, "one for the token, one for its scopes"
    (line,) = [line for line in out.splitlines() if line[8:].startswith("button:")]
    assert line.startswith(
        "failed  button: no card was posted in C0APPROVALS: No replica of the bridge has a valid bot token"
    )
    (row,) = await db.fetch("select status from interactions")
    assert row["status"] == "cancelled", "no card comes later"
    assert (
        await db.fetch(
            "select count(*) from keys where organization_id = $1 and revoked_at is not null",
            tenant.scope.organization_id,
        )
    )[0]["count"] == 1
