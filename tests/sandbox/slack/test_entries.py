"""What people enter into a message: each click sends all of it; an input itself sends only with dispatch_action."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, Serve, card, card_to_click, clicks_go_to_bolt

ENTER = DispatchActionConfig(trigger_actions_on=["on_enter_pressed"])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def entry(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain("?"), "element": element, **more}


def typed(**more: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": "typed", **more}


def choice(kind: str, **more: Any) -> dict[str, Any]:
    options = [{"text": plain(f"Option {n}"), "value": str(n)} for n in range(3)]
    return {"type": kind, "action_id": "choose", "options": options, **more}


def form() -> list[dict[str, Any]]:
    """A text, a choice and several choices in input blocks, a select in a section, and a button."""
    section = {"type": "section", "block_id": "where", "text": plain("Where?"), "accessory": choice("static_select")}
    return [
        entry("why", typed(initial_value="because")),
        entry("when", choice("radio_buttons")),
        entry("what", choice("checkboxes")),
        section,
        *card(),
    ]


def simple(values: Any) -> Any:
    """The state's values without the parts that the app knows already."""

    def of(held: Any) -> Any:
        if "value" in held:
            return held["value"]
        if "selected_options" in held:
            return [option["value"] for option in held["selected_options"]]
        return held["selected_option"] and held["selected_option"]["value"]

    return {block_id: {name: of(held) for name, held in block.items()} for block_id, block in values.items()}


async def clicked(control: Control, **click: Any) -> Any:
    return simple((await control.post("clicks", **click))["payload"]["state"]["values"])


async def test_a_click_tells_what_is_in_every_input(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client, form())

    before = await clicked(control, **click)
    entered = {"why": {"typed": "it is late"}, "when": {"choose": "2"}, "what": {"choose": ["0", "2"]}}
    after = await clicked(control, **click, state={**entered, "where": {"choose": "1"}})
    again = await clicked(control, **click, state={"why": {"typed": ""}, "when": {"choose": None}})

    untouched = {"why": {"typed": "because"}, "when": {"choose": None}, "what": {"choose": []}}
    assert before == {**untouched, "where": {"choose": None}}
    assert after == {**entered, "where": {"choose": "1"}}
    assert again == {**after, "why": {"typed": None}, "when": {"choose": None}}


async def test_a_choice_is_told_by_later_clicks_of_the_same_person(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client, form())

    await control.post("clicks", **{**click, "action_id": "choose", "block_id": "where"}, selected_option="2")

    assert (await clicked(control, **click))["where"] == {"choose": "2"}
    assert (await clicked(control, **{**click, "user": "U0BOB"}))["where"] == {"choose": None}


async def test_an_edit_keeps_what_still_fits(client: AsyncWebClient, control: Control) -> None:
    click = await card_to_click(client, form())
    await clicked(control, **click, state={"why": {"typed": "late"}, "when": {"choose": "2"}})
    fewer = choice("radio_buttons")
    fewer["options"].pop()
    blocks = [entry("why", typed()), entry("when", fewer), *card()]

    await client.chat_update(channel=click["channel"], ts=click["ts"], text="x", blocks=blocks)

    assert await clicked(control, **click) == {"why": {"typed": "late"}, "when": {"choose": None}}


@pytest.mark.parametrize(
    "state",
    [
        {"why": {"other": "x"}},
        {"other": {"typed": "x"}},
        {"why": {"typed": ["x"]}},
        {"when": {"choose": "9"}},
        {"what": {"choose": ["9"]}},
        {"what": {"choose": "0"}},
        {"ask": {"approve": "1"}},
    ],
)
async def test_what_cannot_be_entered_is_refused(
    client: AsyncWebClient, control: Control, state: dict[str, Any]
) -> None:
    status, answer = await control.try_post("clicks", **await card_to_click(client, form()), state=state)

    assert (status, answer["error"]) == (409, "no_such_entry")


@pytest.mark.parametrize("state", ["x", {"why": "x"}, {"why": {"typed": 7}}, {"why": {"typed": [7]}}])
async def test_a_state_of_another_form_is_refused(client: AsyncWebClient, control: Control, state: Any) -> None:
    status, answer = await control.try_post("clicks", **await card_to_click(client, form()), state=state)

    assert (status, answer["error"]) == (400, "invalid_arguments")
    assert answer["detail"].startswith("state")


async def test_a_bolt_app_is_told_of_an_input_that_dispatches(
    client: AsyncWebClient, slack: Sandbox, control: Control, serve: Serve
) -> None:
    seen: list[Any] = []
    bolt = AsyncApp(client=client, signing_secret=slack.world.app.signing_secret)

    @bolt.action("typed")
    async def typed_(ack: AsyncAck, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        seen.append((action, body["state"]["values"]))

    await clicks_go_to_bolt(control, serve, bolt)
    element = PlainTextInputElement(action_id="typed", dispatch_action_config=ENTER)
    block = InputBlock(block_id="why", label="Why?", element=element, dispatch_action=True)
    click = {**await card_to_click(client, [block.to_dict(), *card()]), "action_id": "typed"}

    for value in ("late", ""):
        assert (await control.post("clicks", **click, value=value))["status"] == 200

    for (action, values), held in zip(seen, ("late", None), strict=True):
        assert action.pop("action_ts")
        assert action == {"type": "plain_text_input", "block_id": "why", "action_id": "typed", "value": held}
        assert values == {"why": {"typed": {"type": "plain_text_input", "value": held}}}


@pytest.mark.parametrize(
    ("element", "use"),
    [(typed(), {"value": "x"}), (choice("radio_buttons"), {"value": "1"}), (choice("checkboxes"), {})],
)
async def test_an_input_without_dispatch_action_sends_nothing(
    client: AsyncWebClient, control: Control, element: dict[str, Any], use: dict[str, Any]
) -> None:
    blocks = [entry("it", element, dispatch_action=False), *card()]
    click = {**await card_to_click(client, blocks), "action_id": element["action_id"], "block_id": "it"}

    status, answer = await control.try_post("clicks", **click, **use)

    assert (status, answer["error"]) == (409, "no_such_action")
    assert "`state`" in answer["detail"]


async def test_a_button_for_some_is_not_there_for_others(client: AsyncWebClient, control: Control) -> None:
    blocks = card()
    blocks[1]["elements"][0]["visible_to_user_ids"] = ["U0BOB"]
    click = await card_to_click(client, blocks)

    assert (await control.try_post("clicks", **click))[0] == 409
    assert (await control.try_post("clicks", **{**click, "user": "U0BOB"}))[0] == 200
