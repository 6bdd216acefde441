import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import (
    Control,
    Listen,
    Serve,
    card,
    card_to_click,
    clicks_go_to,
    clicks_go_to_bolt,
    payload_of,
    select,
)
from tests.waiting import until

CHANNEL = "C0APPROVALS"


async def test_a_bolt_app_gets_the_signed_click_and_acks(
    client: AsyncWebClient, slack: Sandbox, control: Control, serve: Serve
) -> None:
    seen: list[Any] = []
    bolt = AsyncApp(client=client, signing_secret=slack.world.app.signing_secret)

    @bolt.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        container = body["container"]
        await client.chat_update(channel=container["channel_id"], ts=container["message_ts"], text="Approved")
        seen.append(body)

    await clicks_go_to_bolt(control, serve, bolt)

    result = await control.post("clicks", **await card_to_click(client))

    assert (result["status"], result["error"]) == (200, None)
    assert result["ack_ms"] > 0
    version = 0
    while "Approved" not in await control.texts(CHANNEL, as_="U0ANA"):
        version = (await control.get("changes", after=version, timeout=5))["version"]
    assert seen == [result["payload"]]


async def test_a_delayed_click_shows_what_was_there_when_it_was_made(
    client: AsyncWebClient, slack: Sandbox, control: Control, listen: Listen
) -> None:
    listener = await listen()
    await clicks_go_to(control, listener)
    click = await card_to_click(client)

    late = asyncio.create_task(control.post("clicks", **click, delay_ms=150))
    await until(lambda: slack.response_urls.count)  # a response_url is made together with the payload
    await client.chat_update(channel=CHANNEL, ts=click["ts"], text="Gone")
    result = await late

    assert result["status"] == 200
    assert payload_of(listener.got[0][1])["message"]["text"] == "Deploy?"


REFUSED = {"ok": False, "error": "no_such_action", "detail": "the message has: approve"}


async def test_a_copy_without_the_action_refuses_the_click(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)

    wrong = [
        {**click, "action_id": "deny"},
        {**click, "block_id": "other"},
        {**click, "value": "2"},
    ]
    for attempt in wrong:
        assert await control.try_post("clicks", **attempt) == (409, REFUSED)


async def test_an_option_that_is_not_offered_cannot_be_chosen(client: AsyncWebClient, control: Control) -> None:
    click = {**await card_to_click(client, select()), "action_id": "region"}

    assert (await control.try_post("clicks", **click, selected_option="9"))[0] == 409
    assert (await control.try_post("clicks", **click))[0] == 409
    assert (await control.try_post("clicks", **click, value="1"))[0] == 200


def choices(kind: str, **more: Any) -> list[dict[str, Any]]:
    options = [{"text": {"type": "plain_text", "text": f"Option {n}"}, "value": str(n)} for n in range(3)]
    element = {"type": kind, "action_id": "choose", "options": options, **more}
    return [{"type": "actions", "block_id": "ask", "elements": [element]}]


async def test_a_radio_button_and_an_entry_of_a_menu_are_one_choice(client: AsyncWebClient, control: Control) -> None:
    payloads = {}
    for kind in ("radio_buttons", "overflow"):
        click = {**await card_to_click(client, choices(kind)), "action_id": "choose"}
        assert (await control.try_post("clicks", **click, selected_option="9"))[0] == 409
        payloads[kind] = (await control.post("clicks", **click, selected_option="2"))["payload"]

    chosen = {"text": {"type": "plain_text", "text": "Option 2", "emoji": True}, "value": "2"}
    assert [payload["actions"][0]["selected_option"] for payload in payloads.values()] == [chosen, chosen]
    held = {"ask": {"choose": {"type": "radio_buttons", "selected_option": chosen}}}
    assert payloads["radio_buttons"]["state"]["values"] == held
    assert payloads["overflow"]["state"]["values"] == {}, "a menu holds nothing"


@pytest.mark.parametrize("values", [["0", "2"], ["1"], []])
async def test_checkboxes_tell_all_that_are_checked(
    client: AsyncWebClient, control: Control, values: list[str]
) -> None:
    click = {**await card_to_click(client, choices("checkboxes")), "action_id": "choose"}

    payload = (await control.post("clicks", **click, selected_options=values))["payload"]

    (action,) = payload["actions"]
    assert [option["value"] for option in action["selected_options"]] == values
    assert payload["state"]["values"]["ask"]["choose"]["selected_options"] == action["selected_options"]
    assert (await control.try_post("clicks", **click, selected_options=["9"]))[0] == 409
    assert (await control.try_post("clicks", **click))[0] == 409


async def test_an_untouched_element_holds_what_it_started_with(client: AsyncWebClient, control: Control) -> None:
    first = {"text": {"type": "plain_text", "text": "Option 0"}, "value": "0"}
    radio = choices("radio_buttons", initial_option=first)
    boxes = [{**choices("checkboxes", initial_options=[first])[0], "block_id": "boxes"}]
    click = await card_to_click(client, [*radio, *boxes, *card(block_id="card")])

    values = (await control.post("clicks", **click))["payload"]["state"]["values"]

    assert values["ask"]["choose"]["selected_option"]["value"] == "0"
    assert [option["value"] for option in values["boxes"]["choose"]["selected_options"]] == ["0"]


async def test_a_client_that_shows_an_older_rendering_can_still_click(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)
    await client.chat_update(channel=CHANNEL, ts=click["ts"], text="Approved")
    stale = {"block_id": "ask", "action_id": "approve", "value": "1"}

    result = await control.post("clicks", **click, stale=stale)

    (action,) = result["payload"]["actions"]
    assert (action["type"], action["block_id"], action["value"]) == ("button", "ask", "1")
    assert result["payload"]["message"]["text"] == "Approved"


async def test_a_stale_button_tells_what_was_chosen_in_the_menu_beside_it(
    client: AsyncWebClient, control: Control
) -> None:
    click = await card_to_click(client)
    await client.chat_update(channel=CHANNEL, ts=click["ts"], text="Approved")
    stale = {"block_id": "ask", "action_id": "approve"}
    menus = {"ask": {"region": "1", "zone": None}}

    result = await control.post("clicks", **click, stale=stale, state=menus)
    status, refused = await control.try_post("clicks", **click, stale=stale, state={"other": {"region": "1"}})

    values = result["payload"]["state"]["values"]["ask"]
    assert values["region"]["selected_option"]["value"] == "1" and values["zone"]["selected_option"] is None
    assert (status, refused["error"]) == (409, "no_such_entry")


async def test_a_stale_choice_is_told_as_a_choice(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)
    del click["action_id"]
    stale = {"block_id": "ask", "action_id": "region", "type": "static_select"}
    option = {"text": {"type": "plain_text", "text": "Region 1"}, "value": "1"}

    result = await control.post("clicks", **click, stale=stale, selected_option=option)

    assert result["payload"]["actions"][0]["selected_option"]["value"] == "1"


async def test_what_is_still_there_is_clicked_as_it_is_though_a_stale_one_is_named(
    client: AsyncWebClient, control: Control
) -> None:
    click = await card_to_click(client)

    result = await control.post("clicks", **click, stale={"block_id": "ask", "action_id": "approve", "value": "old"})

    assert result["payload"]["actions"][0]["value"] == "1"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"user": "U0NOBODY"}, "user_not_found"),
        ({"user": "U0GUS"}, "channel_not_found"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"ts": "1.000001"}, "message_not_found"),
    ],
)
async def test_what_one_cannot_see_one_cannot_click(
    client: AsyncWebClient, control: Control, changes: dict[str, str], error: str
) -> None:
    status, answer = await control.try_post("clicks", **(await card_to_click(client) | changes))

    assert (status, answer["error"]) == (404, error)


async def test_an_ephemeral_is_clicked_by_its_one_person_only(client: AsyncWebClient, control: Control) -> None:
    answer = await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst", blocks=card())
    click = {"channel": CHANNEL, "ts": answer["message_ts"], "action_id": "approve"}

    assert (await control.try_post("clicks", user="U0BOB", **click))[0] == 404
    assert (await control.try_post("clicks", user="U0ANA", **click))[0] == 200


async def test_the_last_clicks_are_kept_for_the_inspector(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client)
    result = await control.post("clicks", **click)

    (kept,) = (await control.get("clicks"))["clicks"]

    assert kept | result == kept
    assert (kept["n"], kept["user"]) == (1, "U0ANA")


async def test_a_click_is_kept_as_it_was_on_the_wire_with_the_replies_to_it(
    client: AsyncWebClient, control: Control, listen: Listen, http: aiohttp.ClientSession
) -> None:
    listener = await listen()
    listener.status = 418
    await clicks_go_to(control, listener)
    result = await control.post("clicks", **await card_to_click(client))
    reply = {"text": "Too late", "replace_original": False}
    await http.post(result["payload"]["response_url"], json=reply)
    await http.post(result["payload"]["response_url"], data="nonsense")

    (kept,) = (await control.get("clicks"))["clicks"]

    ((headers, body),) = listener.got
    assert kept["request"]["body"] == body.decode()
    assert kept["request"]["headers"].items() <= headers.items()
    assert kept["answer"]["status"] == 418
    assert [(reply["status"], reply["error"]) for reply in kept["replies"]] == [(200, None), (400, "invalid_payload")]
    assert json.loads(kept["replies"][0]["body"]) == reply


async def test_only_so_many_of_the_last_clicks_are_told_as_were_asked_for(
    client: AsyncWebClient, control: Control
) -> None:
    click = await card_to_click(client)
    for _ in range(3):
        await control.post("clicks", **click)

    assert [kept["n"] for kept in (await control.get("clicks", most=2))["clicks"]] == [2, 3]


async def test_nothing_was_sent_to_nowhere(client: AsyncWebClient, control: Control) -> None:
    result = await control.post("clicks", **await card_to_click(client))

    assert (result["request"], result["answer"], result["status"]) == (None, None, 0)
