"""An app installed in a whole Enterprise organization: one token, several workspaces, and payloads without a team."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control, card, refusal


async def test_the_token_is_the_organizations(control: Control, http: aiohttp.ClientSession) -> None:
    wide = await elsewhere.org(control, http)

    auth = (await wide.client.auth_test()).data

    assert isinstance(auth, dict)
    assert (auth["enterprise_id"], auth["team_id"], auth["is_enterprise_install"]) == ("E0ORG", "E0ORG", True)
    assert (auth["team"], auth["app_id"], auth["user_id"]) == ("The Org", "A0ASKBRIDGE", "U0ORGBOT")


async def test_a_workspace_of_an_organization_says_so_and_stays_itself(
    control: Control, http: aiohttp.ClientSession
) -> None:
    await elsewhere.org(control, http)
    north = await elsewhere.install(control, http, team_id="T0NORTH", channels=["C0NORTH"])

    auth = (await north.client.auth_test()).data
    posted = await north.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=card())
    payload = await clicked(control, posted)

    assert isinstance(auth, dict)
    assert (auth["enterprise_id"], auth["team_id"], auth["is_enterprise_install"]) == ("E0ORG", "T0NORTH", False)
    team = {"id": "T0NORTH", "domain": "north", "enterprise_id": "E0ORG", "enterprise_name": "The Org"}
    assert (payload["team"], payload["is_enterprise_install"]) == (team, False)
    assert payload["enterprise"] == {"id": "E0ORG", "name": "The Org"}
    assert "/actions/T0NORTH/" in payload["response_url"]
    assert await refusal(north.client.conversations_info(channel="C0SOUTH")) == "channel_not_found"


async def test_the_workspaces_it_was_added_to_are_listed_page_by_page(
    control: Control, http: aiohttp.ClientSession
) -> None:
    wide = await elsewhere.org(control, http)
    one = await wide.client.auth_teams_list()
    await control.post(f"installations/{wide.bot}", team_ids=["T0NORTH", "T0SOUTH"])

    first = await wide.client.auth_teams_list(limit=1)
    rest = await wide.client.auth_teams_list(limit=1, cursor=first["response_metadata"]["next_cursor"])

    assert one["teams"] == [{"id": "T0NORTH", "name": "North"}]
    assert [team["id"] for team in [*first["teams"], *rest["teams"]]] == ["T0NORTH", "T0SOUTH"]
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_a_click_has_no_team_and_the_clickers_workspace(control: Control, http: aiohttp.ClientSession) -> None:
    wide = await elsewhere.org(control, http)
    posted = await wide.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=card())

    payload = await clicked(control, posted)

    assert (payload["team"], payload["is_enterprise_install"]) == (None, True)
    assert payload["enterprise"] == {"id": "E0ORG", "name": "The Org"}
    assert payload["user"]["team_id"] == "T0NORTH"
    assert payload["message"]["team"] == "T0NORTH"
    assert "/actions/E0ORG/" in payload["response_url"]


@pytest.mark.parametrize("method", ["conversations.list", "users.list"])
async def test_a_list_needs_to_know_of_which_workspace(
    control: Control, http: aiohttp.ClientSession, method: str
) -> None:
    wide = await elsewhere.org(control, http)

    with pytest.raises(SlackApiError) as refused:
        await wide.client.api_call(method)

    assert refused.value.response.data == {"ok": False, "error": "missing_argument", "arg": "team_id"}
    for elsewhere_ in ("T0SOUTH", "T0SANDBOX", "T0NOWHERE"):
        call = wide.client.api_call(method, params={"team_id": elsewhere_})
        assert await refusal(call) == "team_access_not_granted"
    assert (await wide.client.api_call(method, params={"team_id": "T0NORTH"}))["ok"] is True


async def test_a_list_is_of_that_workspace(control: Control, http: aiohttp.ClientSession) -> None:
    wide = await elsewhere.org(control, http, team_ids=["T0NORTH", "T0SOUTH"])
    direct = (await wide.client.conversations_open(users="U0SOL"))["channel"]["id"]

    channels = await wide.client.conversations_list(team_id="T0SOUTH", types="public_channel,im")
    members = await wide.client.users_list(team_id="T0SOUTH")

    assert [channel["id"] for channel in channels["channels"]] == ["C0SOUTH", direct]
    assert {channel["context_team_id"] for channel in channels["channels"]} == {"T0SOUTH"}
    assert [member["id"] for member in members["members"]] == ["U0SOL", "U0ORGBOT"]


async def test_a_workspaces_token_ignores_which_workspace_is_named(client: AsyncWebClient) -> None:
    with_team: Any = await client.users_list(team_id="T0NOWHERE")
    without: Any = await client.users_list()

    assert with_team["members"] == without["members"]


async def test_where_it_was_not_added_it_may_not(control: Control, http: aiohttp.ClientSession) -> None:
    wide = await elsewhere.org(control, http)

    assert await refusal(wide.client.chat_postMessage(channel="C0SOUTH", text="hi")) == "team_access_not_granted"
    assert await refusal(wide.client.conversations_info(channel="C0SOUTH")) == "team_access_not_granted"
    assert await refusal(wide.client.users_info(user="U0SOL")) == "user_not_found"
    assert await refusal(wide.client.chat_postMessage(channel="C0GENERAL", text="hi")) == "channel_not_found"


async def test_where_it_is_added_or_removed_it_may_or_may_not_from_then_on(
    control: Control, http: aiohttp.ClientSession
) -> None:
    wide = await elsewhere.org(control, http)
    await wide.client.chat_postMessage(channel="C0NORTH", text="hi")

    await control.post(f"installations/{wide.bot}", team_ids=["T0SOUTH"])

    assert await refusal(wide.client.chat_postMessage(channel="C0NORTH", text="hi")) == "team_access_not_granted"
    assert await refusal(wide.client.chat_postMessage(channel="C0SOUTH", text="hi")) == "not_in_channel"
    assert (await wide.client.chat_postMessage(channel="U0SOL", text="hi"))["ok"] is True


async def test_sisters_in_one_organization_are_no_strangers(control: Control, http: aiohttp.ClientSession) -> None:
    await elsewhere.org(control, http)
    shared = {"id": "C0BOTH", "name": "both", "members": ["U0NIA", "U0SOL"]}
    await control.post("workspaces", id="T0WEST", name="West", enterprise={"id": "E0ORG"}, channels=[shared])
    west = await elsewhere.install(control, http, team_id="T0WEST")

    sister = (await west.client.users_info(user="U0NIA"))["user"]
    seen = (await control.get("people", team="T0WEST"))["people"]

    assert "is_stranger" not in sister
    assert (sister["team_id"], sister["enterprise_user"]["enterprise_id"]) == ("T0NORTH", "E0ORG")
    assert [(person["id"], person["is_stranger"]) for person in seen] == [
        ("U0NIA", False),
        ("U0SOL", False),
        (west.bot, False),
    ]


async def test_an_organizations_and_a_workspaces_installation_live_side_by_side(
    control: Control, http: aiohttp.ClientSession
) -> None:
    wide = await elsewhere.org(control, http)
    north = await elsewhere.install(control, http, team_id="T0NORTH", channels=["C0NORTH"])
    one = await wide.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=card())
    two = await north.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=card())

    assert [(await clicked(control, card_))["is_enterprise_install"] for card_ in (one, two)] == [True, False]
    foreign = north.client.chat_update(channel="C0NORTH", ts=one["ts"], text="Mine")
    assert await refusal(foreign) == "cant_update_message"


async def clicked(control: Control, posted: Any) -> Any:
    response = await control.post("clicks", user="U0NIA", channel="C0NORTH", ts=posted["ts"], action_id="approve")
    return response["payload"]
