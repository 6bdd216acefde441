"""Clicking in the page: what the app receives, and what the page shows to the clicker."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.browser.driver import Visit, expect, message
from tests.sandbox.slack.conftest import ClickListener, card, select

pytestmark = pytest.mark.browser

CONFIRM = {
    "title": {"type": "plain_text", "text": "Really?"},
    "text": {"type": "mrkdwn", "text": "This *cannot* be undone."},
    "confirm": {"type": "plain_text", "text": "Do it"},
    "deny": {"type": "plain_text", "text": "Go back"},
    "style": "danger",
}


def clicks_received(app: ClickListener) -> list[dict[str, Any]]:
    return [json.loads(parse_qs(body.decode())["payload"][0]) for _headers, body in app.got]


def confirmed_card() -> list[dict[str, Any]]:
    blocks = card()
    blocks[1]["elements"][0]["confirm"] = CONFIRM
    return blocks


async def test_a_click_reaches_the_app_as_the_acting_person_and_the_new_card_appears(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card(value="yes"))
    page = await visit(as_="U0BOB")

    await message(page, "Deploy?").get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()

    [payload] = clicks_received(app)
    assert payload["user"]["id"] == "U0BOB"
    assert [(action["action_id"], action["value"]) for action in payload["actions"]] == [("approve", "yes")]
    await client.chat_update(channel="C0APPROVALS", ts=posted["ts"], text="Approved by <@U0BOB>")
    # The focused button is gone, and its message gets the focus, so that keyboard users keep their place.
    await expect(message(page, "Approved by @bob")).to_be_focused()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_a_confirmation_holds_the_keyboard_and_only_yes_is_sent(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=confirmed_card())
    page = await visit()
    approve = page.get_by_role("button", name="Approve")
    dialog = page.get_by_role("alertdialog", name="Really?")

    await approve.press("Enter")
    for stop in ("Go back", "Do it", "Go back"):
        await expect(dialog.get_by_role("button", name=stop)).to_be_focused()
        await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(approve).to_be_focused()
    await approve.click()
    await dialog.get_by_role("button", name="Go back").click()
    await approve.click()
    await dialog.get_by_role("button", name="Do it").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()

    assert len(clicks_received(app)) == 1


async def test_a_card_that_settles_under_an_open_confirmation_still_gets_the_late_click(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=confirmed_card())
    app.status = 503
    page = await visit()
    await page.get_by_role("button", name="Approve").click()
    await client.chat_update(channel="C0APPROVALS", ts=posted["ts"], text="Denied by <@U0BOB>")
    await expect(page.get_by_text("Denied by")).to_be_visible()

    await page.get_by_role("alertdialog").get_by_role("button", name="Do it").click()
    await expect(message(page, "Denied").get_by_role("alert")).to_contain_text("responded with status 503")

    [payload] = clicks_received(app)
    assert payload["actions"][0]["value"] == "1"


@pytest.mark.parametrize(("status", "hangs"), [(500, False), (200, True)])
async def test_a_click_that_fails_says_so_beside_the_button(
    visit: Visit, client: AsyncWebClient, app: ClickListener, status: int, *, hangs: bool
) -> None:
    app.status, app.hangs = status, hangs
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    page = await visit()
    approve = page.get_by_role("button", name="Approve")

    await approve.click()

    warning = "did not respond" if hangs else "responded with status 500"
    await expect(message(page, "Deploy?").get_by_role("alert")).to_contain_text(warning)
    await expect(approve).to_be_enabled()


async def test_a_select_narrows_as_one_types_and_sends_the_option(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Where?", blocks=select(options=30))
    page = await visit()
    field = page.get_by_role("combobox", name="Choose")

    await field.click()
    await field.press_sequentially("region 2")
    await expect(page.get_by_role("option")).to_have_count(11)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(field).to_have_value("Region 20")
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()
    assert clicks_received(app)[0]["actions"][0]["selected_option"]["value"] == "20"


async def test_a_button_with_an_address_opens_it_and_tells_the_app_after_the_confirmation(
    visit: Visit, client: AsyncWebClient, app: ClickListener, slack: Sandbox
) -> None:
    blocks = confirmed_card()
    blocks[1]["elements"][0]["url"] = f"{slack.url}/static/favicon.svg"
    await client.chat_postMessage(channel="C0APPROVALS", text="Read it?", blocks=blocks)
    page = await visit()

    await message(page, "Read it?").get_by_role("link", name="Approve").click()
    dialog = page.get_by_role("alertdialog", name="Really?")
    async with page.expect_popup() as popup:
        await dialog.get_by_role("button", name="Do it").click()

    assert (await popup.value).url.endswith("/favicon.svg")
    assert [payload["actions"][0]["action_id"] for payload in clicks_received(app)] == ["approve"]
