"""Creating and installing apps: ids, secrets, and refused requests."""

from typing import Any

import aiohttp
import pytest

from sandbox.slack.server import Sandbox
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control


async def test_the_app_at_the_start_is_listed_without_its_secrets(control: Control, slack: Sandbox) -> None:
    apps = await control.get("apps")
    (installation,) = (await control.get("installations"))["installations"]

    assert apps == {"apps": [{"id": "A0ASKBRIDGE", "name": "askbridge", "request_urls": []}]}
    assert (installation["app_id"], installation["team_id"]) == ("A0ASKBRIDGE", "T0SANDBOX")
    assert (installation["is_enterprise_install"], installation["team_ids"]) == (False, ["T0SANDBOX"])
    assert slack.world.app.bot_token not in repr(installation)
    assert slack.world.app.signing_secret not in repr(apps)


async def test_ids_and_secrets_are_made_unless_given(control: Control) -> None:
    made = (await control.post("apps", name="made"))["app"]
    given = (await control.post("apps", id="A0GIVEN", name="given", signing_secret="mine"))["app"]
    one = (await control.post("installations", app_id=made["id"], team_id="T0SANDBOX"))["installation"]

    assert made["id"].startswith("A0") and len(made["signing_secret"]) == 32
    assert (given["id"], given["signing_secret"]) == ("A0GIVEN", "mine")
    assert one["bot_user_id"].startswith("U0") and one["bot_id"] == "B" + one["bot_user_id"][1:]
    assert one["bot_token"].startswith("xoxb-sandbox-")
    assert "chat:write" in one["scopes"]


async def test_each_app_has_its_own_request_urls(control: Control) -> None:
    await control.post("apps", id="A0OTHER", name="other", request_urls=["http://127.0.0.1:1/first"])
    await control.post("request_urls", request_urls=["http://127.0.0.1:1/ours"])
    before = await control.get("request_urls", app_id="A0OTHER")
    await control.post("request_urls", app_id="A0OTHER", request_urls=["http://127.0.0.1:1/theirs"])

    assert before == {"request_urls": ["http://127.0.0.1:1/first"]}
    assert await control.get("request_urls") == {"request_urls": ["http://127.0.0.1:1/ours"]}
    assert await control.get("request_urls", app_id="A0OTHER") == {"request_urls": ["http://127.0.0.1:1/theirs"]}
    assert (await control.try_get("request_urls", app_id="A0NOBODY"))[0] == 404


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"app_id": "A0NOBODY", "team_id": "T0SANDBOX"}, 404, "app_not_found"),
        ({"team_id": "T0NOWHERE"}, 404, "team_not_found"),
        ({"enterprise_id": "E0NOWHERE"}, 404, "enterprise_not_found"),
        ({}, 400, "invalid_arguments"),
        ({"team_id": "T0SANDBOX", "enterprise_id": "E0ORG"}, 400, "invalid_arguments"),
        ({"team_id": "T0SANDBOX"}, 409, "taken"),
        ({"team_id": "T0NORTH", "bot_user_id": "U0ANA"}, 409, "taken"),
        ({"team_id": "T0NORTH", "bot_user_id": "ana"}, 400, "invalid_arguments"),
        ({"team_id": "T0NORTH", "team_ids": ["T0NORTH"]}, 400, "invalid_arguments"),
        ({"team_id": "T0NORTH", "channels": ["C0SOUTH"]}, 404, "channel_not_found"),
        ({"app_id": "A0FREE", "enterprise_id": "E0ORG", "team_ids": ["T0SANDBOX"]}, 400, "invalid_arguments"),
        ({"app_id": "A0FREE", "enterprise_id": "E0ORG", "team_ids": ["T0NOWHERE"]}, 404, "team_not_found"),
        ({"enterprise_id": "E0ORG"}, 409, "taken"),
        ({"team_id": "T0NORTH", "scopes": "chat:write"}, 400, "invalid_arguments"),
    ],
)
async def test_what_cannot_be_installed_says_why_and_leaves_nothing(
    control: Control, http: aiohttp.ClientSession, fields: dict[str, Any], status: int, error: str
) -> None:
    await elsewhere.org(control, http)
    await control.post("apps", id="A0FREE", name="free")
    before = [await control.get(name) for name in ("installations", "people", "channels")]

    response = await control.try_post("installations", **{"app_id": "A0ASKBRIDGE", **fields})

    assert (response[0], response[1]["error"]) == (status, error)
    assert [await control.get(name) for name in ("installations", "people", "channels")] == before


async def test_an_app_is_made_once(control: Control) -> None:
    assert (await control.try_post("apps", id="A0ASKBRIDGE", name="again"))[0] == 409
    assert (await control.try_post("apps", id="a0", name="small"))[0] == 400


async def test_an_unknown_installation_cannot_be_changed(control: Control) -> None:
    status, response = await control.try_post("installations/U0NOBODY", revoked="token_revoked")

    assert (status, response["error"]) == (404, "installation_not_found")
