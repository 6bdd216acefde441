import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import Control, card, select

RECORDED = Path(__file__).parent / "payloads"


def shape(value: Any) -> Any:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


async def clicked(control: Control, **click: Any) -> Any:
    return (await control.post("clicks", **click))["payload"]


async def test_a_button_in_a_channel(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id="approve")

    assert shape(payload) == shape(recorded("button_in_channel"))
    assert payload["user"] == {"id": "U0ANA", "username": "ana", "name": "ana", "team_id": "T0SANDBOX"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == posted["ts"]
    assert payload["message"]["blocks"] == posted["message"]["blocks"]
    (action,) = payload["actions"]
    assert (action["block_id"], action["action_id"], action["value"]) == ("ask", "approve", "1")


async def test_a_button_in_a_direct_message(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="Deploy?", blocks=card())

    payload = await clicked(control, user="U0ANA", channel=posted["channel"], ts=posted["ts"], action_id="approve")

    assert shape(payload) == shape(recorded("button_in_direct_message"))
    assert payload["channel"] == {"id": posted["channel"], "name": "directmessage"}


async def test_a_button_in_a_thread(client: AsyncWebClient, control: Control) -> None:
    parent = await client.chat_postMessage(channel="C0APPROVALS", text="Release")
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card(), thread_ts=parent["ts"])

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id="approve")

    assert shape(payload) == shape(recorded("button_in_thread"))
    assert payload["container"]["thread_ts"] == parent["ts"]


async def test_a_button_in_an_ephemeral_names_its_message_but_does_not_show_it(
    client: AsyncWebClient, control: Control
) -> None:
    posted = await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="Deploy?", blocks=card())

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["message_ts"], action_id="approve")

    assert shape(payload) == shape(recorded("button_in_ephemeral"))
    assert payload["container"]["is_ephemeral"] is True


async def test_an_outsider_comes_with_their_home_team(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())

    payload = await clicked(control, user="U0SAM", channel="C0APPROVALS", ts=posted["ts"], action_id="approve")

    assert shape(payload) == shape(recorded("button_by_outsider"))
    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0SANDBOX", "T0OTHER")


@pytest.mark.parametrize("chosen", ["1", {"text": {"type": "plain_text", "text": "Region 1"}, "value": "1"}])
async def test_a_choice_is_told_in_the_action_and_in_the_state(
    client: AsyncWebClient, control: Control, chosen: Any
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=select())
    where = {"channel": "C0APPROVALS", "ts": posted["ts"]}

    payload = await clicked(control, user="U0ANA", **where, action_id="region", selected_option=chosen)

    assert shape(payload) == shape(recorded("select_in_channel"))
    assert payload["actions"][0]["selected_option"]["value"] == "1"
    assert payload["state"]["values"]["ask"]["region"]["selected_option"]["value"] == "1"


async def test_what_a_test_claims_replaces_the_truth(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    click = {"user": "U0ANA", "channel": "C0APPROVALS", "ts": posted["ts"], "action_id": "approve"}

    forged = await clicked(
        control, **click, user_team="T0EVIL", team="T0THEIRS", enterprise="E0ORG", api_app_id="A0OTHER"
    )
    org_wide = await clicked(control, **click, team=None, enterprise="E0ORG")

    assert forged["user"]["team_id"] == "T0EVIL"
    assert (forged["team"]["id"], forged["enterprise"]["id"]) == ("T0THEIRS", "E0ORG")
    assert forged["api_app_id"] == "A0OTHER"
    assert (org_wide["team"], org_wide["is_enterprise_install"]) == (None, True)
    assert (await clicked(control, **click, app_id="A0OTHER"))["api_app_id"] == "A0OTHER"


async def test_each_click_is_its_own(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    click = {"user": "U0ANA", "channel": "C0APPROVALS", "ts": posted["ts"], "action_id": "approve"}

    first, second = await clicked(control, **click), await clicked(control, **click)

    assert first["response_url"] != second["response_url"]
    assert first["trigger_id"] != second["trigger_id"]
    assert first["actions"][0]["action_ts"] != second["actions"][0]["action_ts"]
