"""Inputs in the page: what is entered reaches the app with the next click, or by itself with dispatch_action."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.browser.driver import Visit, expect, message
from tests.sandbox.slack.conftest import ClickListener, card
from tests.sandbox.slack.test_entries import choice, entry, form, plain, simple, typed
from tests.waiting import until

pytestmark = pytest.mark.browser


def payloads(app: ClickListener) -> list[dict[str, Any]]:
    return [json.loads(parse_qs(body.decode())["payload"][0]) for _headers, body in app.got]


async def test_a_click_tells_what_was_typed_and_chosen(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=form())
    page = await visit()
    shown = message(page, "Deploy?")

    await shown.get_by_role("textbox", name="?").fill("it is late")
    await shown.get_by_role("radio", name="Option 2").check()
    await shown.get_by_role("checkbox", name="Option 0").check()
    await shown.get_by_role("checkbox", name="Option 2").check()
    await shown.get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()

    [payload] = payloads(app)
    assert simple(payload["state"]["values"]) == {
        "why": {"typed": "it is late"},
        "when": {"choose": "2"},
        "what": {"choose": ["0", "2"]},
        "where": {"choose": None},
    }


async def test_what_dispatches_is_sent_by_itself(visit: Visit, client: AsyncWebClient, app: ClickListener) -> None:
    boxes = choice("checkboxes", action_id="box")
    as_typed = {"trigger_actions_on": ["on_character_entered"]}
    blocks = [
        entry("enter", typed(placeholder=plain("by Enter")), dispatch_action=True),
        entry("radio", choice("radio_buttons"), dispatch_action=True),
        {**entry("typing", typed(dispatch_action_config=as_typed), dispatch_action=True), "label": plain("Typing")},
        {
            "type": "actions",
            "block_id": "more",
            "elements": [choice("overflow"), boxes],
        },
    ]
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=blocks)
    page = await visit()
    shown = message(page, "Deploy?")

    await shown.get_by_placeholder("by Enter").fill("now")
    await shown.get_by_placeholder("by Enter").press("Enter")
    await until(lambda: len(app.got) == 1)
    await shown.get_by_role("radio", name="Option 1").check()
    await until(lambda: len(app.got) == 2)
    await shown.get_by_role("textbox", name="Typing").fill("abc")
    await until(lambda: len(app.got) == 3)
    await shown.get_by_role("checkbox", name="Option 1").check()
    await until(lambda: len(app.got) == 4)
    await shown.get_by_label("More actions").click()
    await shown.get_by_role("button", name="Option 2").click()
    await until(lambda: len(app.got) == 5)

    sent = [payload["actions"][0] for payload in payloads(app)]
    chosen = [one.get("value") or one.get("selected_option", {}).get("value") for one in sent]
    assert [one["block_id"] for one in sent] == ["enter", "radio", "typing", "more", "more"]
    assert chosen == ["now", "1", "abc", None, "2"]
    assert [option["value"] for option in sent[3]["selected_options"]] == ["1"]


async def test_inputs_have_names_and_hints(visit: Visit, client: AsyncWebClient) -> None:
    blocks = [entry("why", typed(multiline=True), optional=True, hint=plain("Your team reads it.")), *card()]
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=blocks)

    shown = message(await visit(), "Deploy?")

    await expect(shown.get_by_role("textbox", name="?")).to_be_editable()
    await expect(shown.get_by_text("(optional)")).to_be_visible()
    await expect(shown.get_by_text("Your team reads it.")).to_be_visible()


async def test_a_choice_that_an_edit_removed_is_not_sent(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=form())
    page = await visit()
    shown = message(page, "Deploy?")
    await shown.get_by_role("radio", name="Option 2").check()
    fewer = choice("radio_buttons")
    fewer["options"].pop()

    blocks = [entry("when", fewer), *card()]
    await client.chat_update(channel="C0APPROVALS", ts=posted["ts"], text="Deploy?", blocks=blocks)
    await expect(shown.get_by_role("radio")).to_have_count(len(fewer["options"]))
    await shown.get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()

    assert simple(payloads(app)[-1]["state"]["values"]) == {"when": {"choose": None}}


@pytest.mark.parametrize("sends", [False, True])
async def test_a_list_shows_what_was_chosen_after_another_channel_was_looked_at(
    visit: Visit, client: AsyncWebClient, app: ClickListener, *, sends: bool
) -> None:
    """Also a list whose every choice is sent to the app: the next click tells it once more."""
    where = choice("static_select")
    block = {"type": "actions", "block_id": "where", "elements": [where]} if sends else entry("where", where)
    blocks = [block, *card()]
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=blocks)
    page = await visit()
    shown = message(page, "Deploy?")
    await shown.get_by_role("combobox").click()
    await page.get_by_role("option", name="Option 1").click()
    await expect(shown.get_by_role("combobox")).to_have_value("Option 1")

    await page.get_by_text("general", exact=True).first.click()
    await expect(shown).to_have_count(0)
    await page.get_by_text("approvals", exact=True).first.click()

    await expect(shown.get_by_role("combobox")).to_have_value("Option 1")
