"""Several workspaces and apps in one Slack: a token gives no access to another workspace or app."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import (
    Control,
    Listen,
    card,
    payload_of,
    refusal,
    verifies,
)


async def test_a_token_speaks_for_its_own_workspace_and_bot(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    acme = await elsewhere.acme(control, http)

    here, there = (await client.auth_test()).data, (await acme.client.auth_test()).data

    assert isinstance(here, dict) and isinstance(there, dict)
    assert (here["team_id"], here["user_id"]) == ("T0SANDBOX", "U0ASKBRIDGE")
    assert (there["team_id"], there["user_id"], there["bot_id"]) == ("T0ACME", "U0ACMEBOT", "B0ACMEBOT")
    assert here["app_id"] == there["app_id"]
    assert (there["team"], there["is_enterprise_install"]) == ("Acme", False)
    assert "enterprise_id" not in there


async def test_nothing_of_another_workspace_is_there(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    acme = await elsewhere.acme(control, http)
    theirs = (await acme.client.chat_postMessage(channel="C0DEPLOYS", text="theirs"))["ts"]
    direct = (await acme.client.conversations_open(users="U0EVE"))["channel"]["id"]

    refusals = {
        "post": client.chat_postMessage(channel="C0DEPLOYS", text="hi"),
        "post to a person": client.chat_postMessage(channel="U0EVE", text="hi"),
        "post to a direct message": client.chat_postMessage(channel=direct, text="hi"),
        "edit": client.chat_update(channel="C0DEPLOYS", ts=theirs, text="mine"),
        "delete": client.chat_delete(channel="C0DEPLOYS", ts=theirs),
        "whisper": client.chat_postEphemeral(channel="C0DEPLOYS", user="U0EVE", text="hi"),
        "link": client.chat_getPermalink(channel="C0DEPLOYS", message_ts=theirs),
        "look": client.conversations_info(channel="C0DEPLOYS"),
        "look at a direct message": client.conversations_info(channel=direct),
        "read": client.conversations_history(channel="C0DEPLOYS"),
        "read a thread": client.conversations_replies(channel="C0DEPLOYS", ts=theirs),
    }
    assert {name: await refusal(call) for name, call in refusals.items()} == dict.fromkeys(
        refusals, "channel_not_found"
    )
    assert await refusal(client.users_info(user="U0EVE")) == "user_not_found"
    assert await refusal(client.conversations_open(users="U0EVE")) == "user_not_found"
    assert "U0EVE" not in [member["id"] for member in (await client.users_list())["members"]]
    listed = await client.conversations_list(types="public_channel,private_channel,im")
    assert {"C0DEPLOYS", "C0RANDOM", direct}.isdisjoint(channel["id"] for channel in listed["channels"])
    assert await control.texts("C0DEPLOYS", as_="U0EVE") == ["theirs"]


async def test_each_workspace_sees_its_own(control: Control, http: aiohttp.ClientSession) -> None:
    acme = await elsewhere.acme(control, http)

    members = (await acme.client.users_list())["members"]
    channels = (await acme.client.conversations_list())["channels"]

    assert [member["id"] for member in members] == ["U0EVE", "U0FAY", "U0ACMEBOT"]
    assert not any(member.get("is_stranger") for member in members)
    assert [(channel["id"], channel["is_member"]) for channel in channels] == [("C0DEPLOYS", True), ("C0RANDOM", False)]
    assert {channel["context_team_id"] for channel in channels} == {"T0ACME"}


async def test_people_see_nothing_of_another_workspace_either(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    await elsewhere.acme(control, http)
    posted = await client.chat_postMessage(channel="C0GENERAL", text="Deploy?", blocks=card())

    eves = [channel["id"] for channel in (await control.get("channels", as_="U0EVE"))["channels"]]
    anas = [channel["id"] for channel in (await control.get("channels", as_="U0ANA"))["channels"]]
    click = {"user": "U0EVE", "channel": "C0GENERAL", "ts": posted["ts"], "action_id": "approve"}

    assert eves == ["C0DEPLOYS", "C0RANDOM"]
    assert set(anas).isdisjoint(eves)
    assert (await control.try_post("clicks", **click))[0] == 404


async def test_a_guest_sees_the_channels_they_are_in_and_no_other(
    control: Control, http: aiohttp.ClientSession
) -> None:
    await elsewhere.acme(control, http)

    assert [channel["id"] for channel in (await control.get("channels", as_="U0FAY"))["channels"]] == ["C0RANDOM"]


async def test_one_app_in_two_workspaces_has_one_secret_and_one_address(
    client: AsyncWebClient, slack: Sandbox, control: Control, http: aiohttp.ClientSession, listen: Listen
) -> None:
    listener = await listen()
    await control.post("request_urls", request_urls=[listener.url])
    acme = await elsewhere.acme(control, http)
    here = await client.chat_postMessage(channel="C0GENERAL", text="Deploy?", blocks=card())
    there = await acme.client.chat_postMessage(channel="C0DEPLOYS", text="Deploy?", blocks=card())

    await control.post("clicks", user="U0ANA", channel="C0GENERAL", ts=here["ts"], action_id="approve")
    await control.post("clicks", user="U0EVE", channel="C0DEPLOYS", ts=there["ts"], action_id="approve")

    payloads = [payload_of(body) for _, body in listener.got]
    assert [payload["team"]["id"] for payload in payloads] == ["T0SANDBOX", "T0ACME"]
    assert [payload["api_app_id"] for payload in payloads] == ["A0ASKBRIDGE", "A0ASKBRIDGE"]
    assert [payload["message"]["bot_id"] for payload in payloads] == ["B0ASKBRIDGE", "B0ACMEBOT"]
    assert "/actions/T0ACME/" in payloads[1]["response_url"]
    assert all(verifies(slack, headers, body) for headers, body in listener.got)
    assert acme.installation["bot_token"] != slack.world.app.bot_token


async def test_a_click_goes_to_the_app_that_wrote_the_card(
    client: AsyncWebClient, slack: Sandbox, control: Control, http: aiohttp.ClientSession, listen: Listen
) -> None:
    ours, theirs = await listen(), await listen()
    await control.post("request_urls", request_urls=[ours.url])
    other = await elsewhere.neighbour(control, http, request_urls=[theirs.url])
    mine = await client.chat_postMessage(channel="C0APPROVALS", text="Mine", blocks=card())
    foreign = await other.client.chat_postMessage(channel="C0APPROVALS", text="Theirs", blocks=card())

    for ts in (mine["ts"], foreign["ts"]):
        await control.post("clicks", user="U0ANA", channel="C0APPROVALS", ts=ts, action_id="approve")

    ((headers, body),) = theirs.got
    assert payload_of(body)["api_app_id"] == "A0OTHER"
    assert payload_of(body)["message"]["text"] == "Theirs"
    assert not verifies(slack, headers, body), "it is signed with the other app's secret"
    assert [payload_of(body)["message"]["text"] for _, body in ours.got] == ["Mine"]


async def test_an_app_cannot_change_what_another_wrote(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    other = await elsewhere.neighbour(control, http)
    ts = (await other.client.chat_postMessage(channel="C0APPROVALS", text="Theirs"))["ts"]

    assert await refusal(client.chat_update(channel="C0APPROVALS", ts=ts, text="Mine")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel="C0APPROVALS", ts=ts)) == "cant_delete_message"
    assert await control.texts("C0APPROVALS", as_="U0ANA") == ["Theirs"]


async def test_each_bot_has_its_own_direct_message_and_sees_no_others(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    other = await elsewhere.neighbour(control, http)
    mine = (await client.chat_postMessage(channel="U0ANA", text="from mine"))["channel"]
    theirs = (await other.client.chat_postMessage(channel="U0ANA", text="from theirs"))["channel"]

    assert mine != theirs
    assert await refusal(client.conversations_history(channel=theirs)) == "channel_not_found"
    anas = {channel["id"]: channel for channel in (await control.get("channels", as_="U0ANA"))["channels"]}
    assert (anas[mine]["user"], anas[theirs]["user"]) == ("U0ASKBRIDGE", "U0OTHERBOT")
    everything = {channel["id"]: channel for channel in (await control.get("channels"))["channels"]}
    assert everything[theirs]["user"] == "U0ANA"


async def test_each_app_has_its_own_second_in_a_channel(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    other = await elsewhere.neighbour(control, http)
    for _ in range(4):
        await client.chat_postMessage(channel="C0APPROVALS", text="hi")

    assert await refusal(client.chat_postMessage(channel="C0APPROVALS", text="hi")) == "ratelimited"
    assert (await other.client.chat_postMessage(channel="C0APPROVALS", text="hi"))["ok"] is True


async def test_an_outsider_in_a_shared_channel_is_a_stranger_there_and_at_home_elsewhere(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    """The other workspace of a shared channel may also be one of this sandbox."""
    shared = {"id": "C0SHARED", "name": "shared", "members": ["U0ANA", "U0EVE"], "is_ext_shared": True}
    channels: Any = [*elsewhere.ACME["channels"], shared]
    await control.post("workspaces", **{**elsewhere.ACME, "channels": channels})
    acme = await elsewhere.install(control, http, team_id="T0ACME", channels=["C0SHARED"], bot_user_id="U0ACMEBOT")
    posted = await acme.client.chat_postMessage(channel="C0SHARED", text="Deploy?", blocks=card())

    click = {"user": "U0ANA", "channel": "C0SHARED", "ts": posted["ts"], "action_id": "approve"}
    payload = (await control.post("clicks", **click))["payload"]

    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0ACME", "T0SANDBOX")
    assert (await acme.client.users_info(user="U0ANA"))["user"]["is_stranger"] is True
    assert "is_stranger" not in (await client.users_info(user="U0ANA"))["user"]


async def test_a_shared_channel_is_in_both_workspaces_and_each_app_is_of_its_own(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession
) -> None:
    shared = {"id": "C0SHARED", "name": "shared", "members": ["U0ANA", "U0EVE"], "is_ext_shared": True}
    theirs = {"id": "C0THEIRS", "name": "theirs", "members": ["U0EVE"], "is_private": True}
    await control.post("workspaces", **{**elsewhere.ACME, "channels": [shared, theirs]})
    other = await elsewhere.neighbour(control, http, channels=["C0SHARED"])

    shape = (await client.conversations_info(channel="C0SHARED"))["channel"]
    posted = await other.client.chat_postMessage(channel="C0SHARED", text="Deploy?", blocks=card())
    click = {"user": "U0EVE", "channel": "C0SHARED", "ts": posted["ts"], "action_id": "approve"}
    payload = (await control.post("clicks", **click))["payload"]

    assert (shape["is_ext_shared"], shape["is_member"], shape["context_team_id"]) == (True, False, "T0SANDBOX")
    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0SANDBOX", "T0ACME")
    assert (await client.users_info(user="U0EVE"))["user"]["is_stranger"] is True
    assert await refusal(client.conversations_info(channel="C0THEIRS")) == "channel_not_found"


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive", "token_expired"])
async def test_a_dead_token_is_refused_by_every_method_and_its_cards_take_no_clicks(
    client: AsyncWebClient, control: Control, http: aiohttp.ClientSession, word: str
) -> None:
    acme = await elsewhere.acme(control, http)
    ts = (await acme.client.chat_postMessage(channel="C0DEPLOYS", text="Deploy?", blocks=card()))["ts"]

    await control.post(f"installations/{acme.bot}", revoked=word)

    assert await refusal(acme.client.auth_test()) == word
    assert await refusal(acme.client.chat_update(channel="C0DEPLOYS", ts=ts, text="Late")) == word
    click = {"user": "U0EVE", "channel": "C0DEPLOYS", "ts": ts, "action_id": "approve"}
    assert (await control.try_post("clicks", **click))[0] == 409
    assert (await client.auth_test())["ok"] is True, "the other installation lives"
    await control.post(f"installations/{acme.bot}", revoked=None)
    assert (await acme.client.auth_test())["ok"] is True
    assert (await control.try_post("clicks", **click))[0] == 200
