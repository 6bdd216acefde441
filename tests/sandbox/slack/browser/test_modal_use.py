"""Modals in the page as a person uses them: with the keyboard alone, closed, stacked, and updated while they type."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.browser.driver import Visit, expect, message
from tests.sandbox.slack.browser.forms import dialog, sent
from tests.sandbox.slack.conftest import ClickListener, Control, card
from tests.sandbox.slack.test_entries import simple
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, text_input
from tests.waiting import until

pytestmark = pytest.mark.browser


async def test_with_the_keyboard_alone_the_focus_stays_inside_and_returns_to_the_button(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    page = await visit()
    approve = message(page, "Deploy?").get_by_role("button", name="Approve")

    await approve.press("Enter")
    await until(lambda: app.got)
    await client.views_open(trigger_id=app.payloads("block_actions")[0]["trigger_id"], view=modal())
    form = dialog(page)
    await expect(form.get_by_role("textbox")).to_be_focused()
    await page.keyboard.type("it is late")
    await page.keyboard.press("Tab")
    await expect(form.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(form.get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(form.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(form.get_by_role("button", name="Send")).to_be_focused()
    await page.keyboard.press("Control+Enter")

    await expect(form).to_have_count(0)
    await expect(approve).to_be_focused()
    assert await sent(app) == [{"why": {"text": "it is late"}}]


async def test_closing_asks_only_if_something_was_entered(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    page = await visit()
    form, question = dialog(page), page.get_by_role("alertdialog", name="Discard changes?")
    why = form.get_by_role("textbox", name="Why?")
    view = modal(close=plain("Not now"), notify_on_close=True)

    await opened(client, control, view=view)
    await expect(why).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await opened(client, control, view=view)
    await why.fill("it is late")
    await page.keyboard.press("Escape")
    await question.get_by_role("button", name="Keep editing").press("Enter")
    await expect(why).to_have_value("it is late")
    await expect(why).to_be_focused()
    await form.get_by_role("button", name="Not now").click()
    await question.get_by_role("button", name="Discard").click()
    await expect(form).to_have_count(0)
    await opened(client, control, view=view)
    await form.get_by_role("button", name="Close").click()
    await expect(form).to_have_count(0)

    assert [payload["is_cleared"] for payload in app.payloads("view_closed")] == [False, False, True]


async def test_each_person_sees_their_own_form_and_the_newest_of_a_stack(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    ana, bob = await visit(), await visit(as_="U0BOB")
    await opened(client, control, view=modal(text_input(), MORE))
    await opened(client, control, user="U0BOB", view=modal(title=plain("Of Bob")))

    await dialog(ana).get_by_role("textbox").fill("it is late")
    await expect(bob.get_by_role("dialog", name="Of Bob")).to_be_visible()
    await expect(ana.get_by_role("dialog")).to_have_count(1)
    await dialog(ana).get_by_role("button", name="More").click()
    await until(lambda: len(app.payloads("block_actions")) == 3)  # two opened a form
    used = app.payloads("block_actions")[-1]
    assert simple(used["view"]["state"]["values"]) == {"why": {"text": "it is late"}}
    on_top = modal(text_input("other"), title=plain("On top"), close=plain("Back"))
    await client.views_push(trigger_id=used["trigger_id"], view=on_top)
    await expect(ana.get_by_role("dialog", name="On top").get_by_role("textbox")).to_be_focused()
    await expect(dialog(ana)).to_have_count(0)
    await ana.get_by_role("button", name="Back").click()

    await expect(dialog(ana).get_by_role("textbox")).to_have_value("it is late")


async def test_an_update_keeps_what_is_typed_and_an_end_of_the_form_takes_the_focus(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    page = await visit()
    shown = await opened(client, control)
    form = dialog(page)
    await form.get_by_role("textbox").fill("it is")
    more = {"type": "section", "text": {"type": "mrkdwn", "text": "*One approval* is there."}}

    await client.views_update(view_id=shown["id"], view=modal(more, text_input(initial_value="ignored")))
    await expect(form.get_by_text("One approval")).to_be_visible()
    await expect(form.get_by_role("textbox")).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.type(" late")
    await expect(form.get_by_role("textbox")).to_have_value("it is late")
    await client.views_update(view_id=shown["id"], view=modal(text_input("asked again")))
    await expect(form.get_by_role("textbox")).to_have_value("")
    ended = modal(more)
    del ended["submit"]
    await client.views_update(view_id=shown["id"], view=ended)
    await expect(form.get_by_role("textbox")).to_have_count(0)
    await expect(form).to_be_focused()
    await page.reload()
    await expect(form.get_by_text("One approval")).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(form).to_have_count(0)
