"""The payloads that an app receives equal Slack's recorded ones in tests/payloads, field by field."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests import payloads
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control, card, select
from tests.sandbox.slack.views import modals

# The card of the recordings, with its ids: the app decides what a card looks like.
BLOCKS = payloads.load("block_actions_message")["message"]["blocks"]
APPROVE = "v1:choose:approve"

IMITATED = {
    "block_actions_direct_message",
    "block_actions_enterprise_workspace",
    "block_actions_ephemeral",
    "block_actions_link",
    "block_actions_message",
    "block_actions_modal",
    "block_actions_org_wide",
    "block_actions_outsider",
    "block_actions_select",
    "block_actions_thread",
    "view_closed",
    "view_submission",
}
NOT_IMITATED = {
    "block_actions_attachment",
    "block_suggestion",
    "event_callback",
    "message_action",
    "shortcut",
    "slash_command",
    "ssl_check",
    "url_verification",
}


def shape(value: Any) -> Any:
    """The value with every leaf replaced by its type."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


async def clicked(control: Control, **click: Any) -> Any:
    return (await control.post("clicks", **click))["payload"]


def test_every_recorded_payload_is_imitated_or_known_not_to_be() -> None:
    assert {*payloads.names()} == IMITATED | NOT_IMITATED


async def test_a_button_in_a_channel(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_message"))
    assert payload["user"] == {"id": "U0ANA", "username": "ana", "name": "ana", "team_id": "T0SANDBOX"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == posted["ts"]
    assert payload["message"]["blocks"] == posted["message"]["blocks"]
    (action,) = payload["actions"]
    assert (action["block_id"], action["action_id"]) == (BLOCKS[1]["block_id"], APPROVE)


async def test_a_button_with_a_value_tells_it(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card(value="7"))

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id="approve")

    assert payload["actions"][0]["value"] == "7"


async def test_a_button_that_is_a_link(client: AsyncWebClient, control: Control) -> None:
    recorded = payloads.load("block_actions_link")
    (action,) = recorded["actions"]
    button = {name: action[name] for name in ("type", "action_id", "text", "url")}
    blocks = [{"type": "actions", "block_id": action["block_id"], "elements": [button]}]
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Run", blocks=blocks)

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id="open-run")

    without_blocks = [{**one, "message": {**one["message"], "blocks": []}} for one in (payload, recorded)]
    assert shape(without_blocks[0]) == shape(without_blocks[1])


async def test_a_button_in_a_direct_message(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0ANA", channel=posted["channel"], ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_direct_message"))
    assert payload["channel"] == {"id": posted["channel"], "name": "directmessage"}


async def test_a_button_in_a_thread(client: AsyncWebClient, control: Control) -> None:
    parent = await client.chat_postMessage(channel="C0APPROVALS", text="Release")
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=BLOCKS, thread_ts=parent["ts"])

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_thread"))
    assert payload["container"]["thread_ts"] == payload["message"]["thread_ts"] == parent["ts"]


async def test_a_button_in_an_ephemeral_names_its_message_but_does_not_show_it(
    client: AsyncWebClient, control: Control
) -> None:
    posted = await client.chat_postEphemeral(channel="C0APPROVALS", user="U0ANA", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["message_ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_ephemeral"))
    assert payload["container"]["is_ephemeral"] is True
    assert payload["container"]["message_ts"] == posted["message_ts"]


async def test_an_ephemeral_in_a_thread_names_the_thread(client: AsyncWebClient, control: Control) -> None:
    parent = await client.chat_postMessage(channel="C0APPROVALS", text="Release")
    arguments = {"channel": "C0APPROVALS", "user": "U0ANA", "text": "psst", "blocks": BLOCKS, "thread_ts": parent["ts"]}
    posted = await client.api_call("chat.postEphemeral", json=arguments)

    payload = await clicked(control, user="U0ANA", channel="C0APPROVALS", ts=posted["message_ts"], action_id=APPROVE)

    assert payload["container"]["thread_ts"] == parent["ts"]
    assert "message" not in payload


async def test_an_outsider_comes_with_their_home_team(client: AsyncWebClient, control: Control) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0SAM", channel="C0APPROVALS", ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_outsider"))
    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0SANDBOX", "T0OTHER")


async def test_a_button_of_an_organization_wide_app(control: Control, http: aiohttp.ClientSession) -> None:
    wide = await elsewhere.org(control, http)
    posted = await wide.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0NIA", channel="C0NORTH", ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_org_wide"))
    assert payload["response_url"].startswith(f"{control.url}/actions/E0ORG/")


async def test_a_button_in_a_workspace_of_an_organization(control: Control, http: aiohttp.ClientSession) -> None:
    await elsewhere.org(control, http)
    north = await elsewhere.install(control, http, team_id="T0NORTH", channels=["C0NORTH"])
    posted = await north.client.chat_postMessage(channel="C0NORTH", text="Deploy?", blocks=BLOCKS)

    payload = await clicked(control, user="U0NIA", channel="C0NORTH", ts=posted["ts"], action_id=APPROVE)

    assert shape(payload) == shape(payloads.load("block_actions_enterprise_workspace"))


async def test_a_choice_among_options(client: AsyncWebClient, control: Control) -> None:
    recorded = payloads.load("block_actions_select")
    chosen = recorded["actions"][0]["selected_option"]
    blocks = recorded["message"]["blocks"]
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Where?", blocks=blocks)
    click = {"user": "U0ANA", "channel": "C0APPROVALS", "ts": posted["ts"], "action_id": "v1:select"}

    payload = await clicked(control, **click, selected_option=chosen["value"])

    assert shape(payload) == shape(recorded)
    assert payload["actions"][0]["selected_option"] == chosen


async def form(client: AsyncWebClient, control: Control) -> dict[str, Any]:
    """Open the modal of the recordings; returns the view that the app gets."""
    recorded = payloads.load("view_submission")["view"]
    given = ("type", "callback_id", "title", "submit", "close", "blocks", "notify_on_close")
    return await modals.opened(client, control, view={name: recorded[name] for name in given})


async def test_a_submission(client: AsyncWebClient, control: Control) -> None:
    view = await form(client, control)

    payload = (await control.post(f"views/{view['id']}/submit", user="U0ANA"))["payload"]

    assert shape(payload) == shape(payloads.load("view_submission"))
    assert payload["view"] == view


async def test_a_use_of_an_element_in_a_modal(client: AsyncWebClient, control: Control) -> None:
    view = await form(client, control)

    used = await control.post(f"views/{view['id']}/actions", user="U0ANA", action_id="text", value="because")

    recorded = payloads.load("block_actions_modal")
    recorded["view"]["state"]["values"]["why"]["text"]["value"] = "because"
    assert shape(used["payload"]) == shape(recorded)
    assert used["payload"]["container"] == {"type": "view", "view_id": view["id"]}
    assert used["payload"]["view"]["state"]["values"]["why"]["text"]["value"] == "because"


async def test_a_closing(client: AsyncWebClient, control: Control) -> None:
    view = await form(client, control)

    payload = (await control.post(f"views/{view['id']}/close", user="U0ANA"))["payload"]

    assert shape(payload) == shape(payloads.load("view_closed"))


@pytest.mark.parametrize("chosen", ["1", {"text": {"type": "plain_text", "text": "Region 1"}, "value": "1"}])
async def test_a_choice_is_told_in_the_action_and_in_the_state(
    client: AsyncWebClient, control: Control, chosen: Any
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=select())
    where = {"channel": "C0APPROVALS", "ts": posted["ts"]}

    payload = await clicked(control, user="U0ANA", **where, action_id="region", selected_option=chosen)

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
