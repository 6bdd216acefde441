"""Creating workspaces: with people and channels, in an enterprise or not, and refused requests."""

from typing import Any

import pytest

from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control


async def test_the_workspace_at_the_start_is_listed(control: Control) -> None:
    sandbox = {"id": "T0SANDBOX", "name": "Sandbox", "domain": "askbridge-sandbox", "enterprise_id": None}

    assert await control.get("workspaces") == {"workspaces": [sandbox], "enterprises": []}


async def test_a_workspace_comes_with_its_people_and_channels(control: Control) -> None:
    before = (await control.get("changes"))["version"]

    response = await control.post("workspaces", **elsewhere.ACME)

    assert response["workspace"] == {"id": "T0ACME", "name": "Acme", "domain": "acme", "enterprise_id": None}
    people = {person["id"]: person for person in (await control.get("people", team="T0ACME"))["people"]}
    assert set(people) == {"U0EVE", "U0FAY"}
    assert (people["U0FAY"]["is_guest"], people["U0FAY"]["real_name"], people["U0FAY"]["team_id"]) == (
        True,
        "Fay",
        "T0ACME",
    )
    channels = (await control.get("channels", team="T0ACME"))["channels"]
    assert [(channel["id"], channel["team_id"]) for channel in channels] == [
        ("C0DEPLOYS", "T0ACME"),
        ("C0RANDOM", "T0ACME"),
    ]
    assert (await control.get("changes", after=before, timeout=0))["version"] > before
    assert (await control.try_get("people", team="T0NOWHERE"))[0] == 404


async def test_workspaces_of_one_enterprise_share_it(control: Control) -> None:
    for workspace in (elsewhere.NORTH, elsewhere.SOUTH):
        await control.post("workspaces", **workspace)

    response = await control.get("workspaces")

    assert response["enterprises"] == [{"id": "E0ORG", "name": "The Org"}]
    assert [workspace["enterprise_id"] for workspace in response["workspaces"]] == [None, "E0ORG", "E0ORG"]


async def test_a_stranger_is_at_home_in_no_workspace_here(control: Control) -> None:
    async def strangers(**fields: Any) -> list[str]:
        people = (await control.get("people", **fields))["people"]
        return [person["id"] for person in people if person["is_stranger"]]

    await control.post("workspaces", **elsewhere.ACME)
    assert await strangers() == await strangers(team="T0SANDBOX") == ["U0SAM"]

    await control.post("workspaces", id="T0OTHER", name="Other")
    assert await strangers() == []
    assert await strangers(team="T0SANDBOX") == ["U0SAM"]


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"id": "T0SANDBOX", "name": "again"}, 409, "taken"),
        ({"id": "acme", "name": "small"}, 400, "invalid_arguments"),
        ({"id": "T0ACME"}, 400, "invalid_arguments"),
        ({"name": "x", "people": [{"id": "U0ANA", "name": "ana"}]}, 409, "taken"),
        ({"name": "x", "people": [{"id": "ana", "name": "ana"}]}, 400, "invalid_arguments"),
        ({"name": "x", "people": ["ana"]}, 400, "invalid_arguments"),
        ({"name": "x", "people": [{"name": "eve", "is_guest": 1}]}, 400, "invalid_arguments"),
        ({"name": "x", "channels": [{"id": "C0GENERAL", "name": "general"}]}, 409, "taken"),
        ({"name": "x", "channels": [{"name": "deploys", "members": ["U0NOBODY"]}]}, 404, "user_not_found"),
        ({"name": "x", "colour": "red"}, 400, "invalid_arguments"),
    ],
)
async def test_a_workspace_that_cannot_be_leaves_nothing_behind(
    control: Control, fields: dict[str, Any], status: int, error: str
) -> None:
    before = [await control.get(name) for name in ("workspaces", "people", "channels")]

    response = await control.try_post("workspaces", **{"enterprise": {"id": "E0ORG"}, **fields})

    assert (response[0], response[1]["error"]) == (status, error)
    assert [await control.get(name) for name in ("workspaces", "people", "channels")] == before
