"""The seed file: the built-in world, worlds of one's own, and mistakes that are named with their place."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import seed
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, Listen, card, payload_of, verifies

SMALL = """
[[workspaces]]
id = "T0SMALL"
name = "Small"
people = [{ id = "U0ANA", name = "ana" }]
channels = [{ id = "C0ONE", name = "one", members = ["U0ANA"] }]
[[apps]]
id = "A0APP"
name = "app"
[[installations]]
app_id = "A0APP"
team_id = "T0SMALL"
channels = ["C0ONE"]
"""

LARGE = """
[[workspaces]]
id = "T0NORTH"
name = "North"
enterprise = { id = "E0ORG", name = "The Org" }
people = [{ id = "W0NIA", name = "nia" }, { id = "U0OLD", name = "old", is_deleted = true }]
channels = [{ id = "C0SHARED", name = "shared", members = ["W0NIA", "U0SOL"], is_ext_shared = true }]

[[workspaces]]
id = "T0SOUTH"
name = "South"
enterprise = { id = "E0ORG" }
people = [{ id = "U0SOL", name = "sol" }]
channels = [{ id = "G0SOUTH", name = "south", members = ["U0SOL"], is_private = true }]

[[apps]]
id = "A0FIRST"
name = "first"
signing_secret = "first-secret"
request_urls = ["http://127.0.0.1:1/first"]

[[apps]]
id = "A0SECOND"
name = "second"
signing_secret = "second-secret"

[[installations]]
app_id = "A0SECOND"
team_id = "T0NORTH"
bot_user_id = "U0BOT"
bot_token = "xoxb-second"
channels = ["C0SHARED"]

[[installations]]
app_id = "A0FIRST"
enterprise_id = "E0ORG"
team_ids = ["T0SOUTH"]
channels = ["G0SOUTH"]
scopes = ["chat:write", "users:read"]
"""


def written(path: Path, text: str) -> Path:
    file = path / "seed.toml"
    file.write_text(text, encoding="utf-8")
    return file


async def world(url: str, http: aiohttp.ClientSession) -> list[Any]:
    control = Control(url, http)
    return [await control.get(name) for name in ("workspaces", "people", "channels", "apps", "installations")]


async def test_the_documented_file_is_the_world_without_one(
    slack: Sandbox, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    file = written(tmp_path, (Path(seed.__file__).parent / "seed.toml").read_text(encoding="utf-8"))

    async with Sandbox(seed_file=file) as copy:
        assert await world(copy.url, http) == await world(slack.url, http)

    (app,) = slack.world.installations.all
    assert (app.id, app.team_id, app.bot_user_id) == ("A0ASKBRIDGE", "T0SANDBOX", "U0ASKBRIDGE")
    assert [*slack.world.people] == ["U0ANA", "U0BOB", "U0CHO", "U0GUS", "U0SAM", "U0ASKBRIDGE"]
    assert [*slack.world.channels] == ["C0APPROVALS", "C0GENERAL", "C0PRIVATE", "C0ARCHIVE"]


async def test_a_file_makes_workspaces_people_channels_and_apps(
    tmp_path: Path, http: aiohttp.ClientSession, listen: Listen
) -> None:
    async with Sandbox(seed_file=written(tmp_path, LARGE)) as slack:
        control = Control(slack.url, http)
        second = AsyncWebClient(token="xoxb-second", base_url=slack.api_url, session=http, retry_handlers=[])
        listener = await listen()
        await control.post("request_urls", app_id="A0SECOND", request_urls=[listener.url])

        posted = await second.chat_postMessage(channel="shared", text="Deploy?", blocks=card())
        click = {"user": "U0SOL", "channel": "C0SHARED", "ts": posted["ts"], "action_id": "approve"}
        assert (await control.post("clicks", **click))["status"] == 200

        ((headers, body),) = listener.got
        assert verifies(slack, headers, body), "signed with the secret of the file"
        payload = payload_of(body)
        assert (payload["api_app_id"], payload["team"]["id"]) == ("A0SECOND", "T0NORTH")
        assert (payload["user"]["team_id"], payload["enterprise"]["name"]) == ("T0SOUTH", "The Org")
        old = (await second.users_info(user="U0OLD"))["user"]
        assert (old["deleted"], old["enterprise_user"]["enterprise_id"]) == (True, "E0ORG")
        _, wide = (await control.get("installations"))["installations"]
        assert (wide["is_enterprise_install"], wide["team_ids"]) == (True, ["T0SOUTH"])
        assert wide["scopes"] == ["chat:write", "users:read"]
        assert (await control.get("request_urls", app_id="A0FIRST"))["request_urls"] == ["http://127.0.0.1:1/first"]


async def test_what_is_not_given_is_made(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL.replace('id = "C0ONE", ', "").replace('channels = ["C0ONE"]', ""))

    first, second = seed.read(file).world, seed.read(file).world

    assert first.app.bot_token != second.app.bot_token
    assert first.app.signing_secret != second.app.signing_secret
    assert [*first.channels] != [*second.channels]
    assert first.people["U0ANA"].real_name == "Ana"


def test_the_first_app_takes_the_secrets_of_the_command(tmp_path: Path) -> None:
    given = seed.read(written(tmp_path, LARGE), bot_token="xoxb-given", signing_secret="given").world
    second, first = given.installations.all

    assert (second.bot_token, second.signing_secret) == ("xoxb-given", "given")
    assert given.installations.apps["A0SECOND"].signing_secret == "given"
    assert first.signing_secret == "first-secret"


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("[[apps]]", "[[apps", "seed.toml is not TOML: "),
        ("[[apps]]", "[[app]]", ": unknown: app; known: apps, installations, workspaces."),
        ('name = "app"', 'name = "app"\ncolour = "red"', ": apps[0]: unknown: colour; known: id, name, request_urls,"),
        ('name = "Small"', "", ": workspaces[0].name is missing."),
        ('name = "Small"', "name = 7", ": workspaces[0].name must be text."),
        ('id = "T0SMALL"', 'id = "small"', ": workspaces[0].id must be T and at least two capital letters or digits."),
        ('id = "U0ANA", name', "name", ": workspaces[0].channels[0].members: no person has the id U0ANA."),
        ('name = "ana" }', 'name = "ana", is_guest = 1 }', ": workspaces[0].people[0].is_guest must be true or false."),
        ('name = "ana" }', 'name = "ana", color = "red" }', ": workspaces[0].people[0].color must be six hexadecimal"),
        ('name = "ana" }', 'name = "ana" }, { id = "U0ANA", name = "b" }', "people[1].id: U0ANA is there already."),
        ('id = "U0ANA"', 'id = "X0ANA"', ": workspaces[0].people[0].id must be U or W and at least two capital"),
        ('people = [{ id = "U0ANA", name = "ana" }]', 'people = "ana"', ".people must be a list of objects."),
        ('members = ["U0ANA"]', "members = [7]", ": workspaces[0].channels[0].members must be a list of texts."),
        ('app_id = "A0APP"', 'app_id = "A0OTHER"', ": installations[0].app_id: there is no app A0OTHER."),
        ('team_id = "T0SMALL"', 'team_id = "T0X"', ": installations[0].team_id: there is no workspace T0X."),
        ('team_id = "T0SMALL"', "", ": installations[0].team_id or enterprise_id must be there, and not both."),
        ('team_id = "T0SMALL"', 'enterprise_id = "E0"', "[0].enterprise_id: no workspace is in E0."),
        ('channels = ["C0ONE"]', 'channels = ["C0X"]', "[0].channels: C0X is no channel where A0APP is."),
        ('channels = ["C0ONE"]', 'bot_user_id = "U0ANA"', ": installations[0].bot_user_id: U0ANA is there already."),
        (SMALL[SMALL.index("[[installations]]") :], "", ": installations is missing: a sandbox starts with at least"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    assert old in SMALL
    file = written(tmp_path, SMALL.replace(old, new))

    with pytest.raises(seed.SeedError) as error:
        seed.read(file)

    assert str(error.value).startswith(f"The seed file {file}")
    assert mistake in str(error.value)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(seed.SeedError, match=r"none\.toml cannot be read: No such file or directory\."):
        seed.read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes("# ü".encode("latin-1"))
    with pytest.raises(seed.SeedError, match="is not UTF-8"):
        seed.read(tmp_path / "latin.toml")


async def program(*options: str) -> tuple[asyncio.subprocess.Process, bytes]:
    """The program with these options, and the first line that it prints."""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.slack", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert started.stdout is not None
    return started, await asyncio.wait_for(started.stdout.readline(), 10)


@pytest.mark.processes
async def test_the_program_starts_with_a_file_and_tells_every_installation(tmp_path: Path) -> None:
    running, line = await program("--seed", str(written(tmp_path, LARGE)))
    started = json.loads(line)

    assert (started["app_id"], started["team_id"], started["bot_token"]) == ("A0SECOND", "T0NORTH", "xoxb-second")
    second, first = started["installations"]
    assert (second["signing_secret"], first["signing_secret"]) == ("second-secret", "first-secret")
    assert (first["team_id"], first["enterprise_id"]) == (None, "E0ORG")
    client = AsyncWebClient(token=first["bot_token"], base_url=f"{started['slack_url']}/api/", retry_handlers=[])
    assert (await client.auth_test())["user_id"] == first["bot_user_id"]
    running.terminate()
    await asyncio.wait_for(running.communicate(), 10)


@pytest.mark.processes
async def test_the_program_says_in_one_line_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL.replace('name = "app"', ""))

    running, line = await program("--seed", str(file))
    _, errors = await asyncio.wait_for(running.communicate(), 10)

    assert (running.returncode, line) == (1, b"")
    assert errors.decode() == f"The seed file {file}: apps[0].name is missing.\n"
