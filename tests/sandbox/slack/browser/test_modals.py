"""Modals in the page: filled in, refused, corrected and submitted; with every input, and on a phone."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.views.acks import TROUBLE
from sandbox.slack.views.checks import REQUIRED
from tests.sandbox.slack.browser.driver import PHONE, Visit, expect
from tests.sandbox.slack.browser.forms import dialog, field, sent, typed
from tests.sandbox.slack.browser.test_access import nameless
from tests.sandbox.slack.conftest import ClickListener, Control
from tests.sandbox.slack.test_entries import simple
from tests.sandbox.slack.views.modals import MORE, modal, opened, plain, text_input, views_of

pytestmark = pytest.mark.browser


async def test_a_form_is_refused_corrected_and_submitted(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    page = await visit()
    await opened(client, control, view=modal(text_input(multiline=True), field("static_select")))
    form, why = dialog(page), dialog(page).get_by_role("textbox", name="Why?")
    await expect(why).to_be_focused()

    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_text(REQUIRED)).to_have_count(2)
    await expect(why).to_have_attribute("aria-invalid", "true")
    await expect(why).to_have_accessible_description(REQUIRED)
    await why.fill("it is late")
    await expect(form.get_by_text(REQUIRED)).to_have_count(1)  # the other field's
    await form.get_by_role("combobox", name="static_select").click()
    await form.get_by_role("option", name="Option 1").click()
    assert await sent(app) == []

    app.json = {"response_action": "errors", "errors": {"why": "Say more <b>please</b>."}}
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_text("Say more <b>please</b>.")).to_be_visible()
    await expect(why).to_be_focused()
    await expect(why).to_have_value("it is late")
    app.json = None
    await why.fill("it is late, and nobody is on call")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_have_count(0)

    first, second = ("it is late", "it is late, and nobody is on call")
    chosen = {"choose": "1"}
    assert await sent(app) == [{"why": {"text": words}, "static_select": chosen} for words in (first, second)]


async def test_every_input_holds_what_is_entered(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    pickers = ("users_select", "datepicker", "timepicker")
    texts = {"number_input": "4", "email_text_input": "ana@example.com", "url_text_input": "https://example.com/a?b=c"}
    blocks = [
        *(typed(kind, **({"is_decimal_allowed": False} if kind == "number_input" else {})) for kind in texts),
        typed("plain_text_input", min_length=3, max_length=12),
        *(field(kind) for kind in ("checkboxes", "radio_buttons", "static_select", "multi_static_select")),
        *(typed(kind) for kind in pickers),
    ]
    page = await visit(size=(900, 640))
    await opened(client, control, view=modal(*blocks))
    form = dialog(page)

    for kind, text in texts.items():
        await form.get_by_role("textbox", name=kind).fill(text)
    await form.get_by_role("textbox", name="plain_text_input").fill("it is too late")
    await expect(form.get_by_text("-2 characters left")).to_be_visible()
    for kind in ("checkbox", "radio"):
        await form.get_by_role(kind, name="Option 2").check()  # type: ignore[arg-type]
    for kind, option in (("static_select", "Option 1"), ("users_select", "Cho Min-seo")):
        await form.get_by_role("combobox", name=kind, exact=True).click()
        await form.get_by_role("option", name=option).click()
    several = form.get_by_role("combobox", name="multi_static_select")
    await several.click()
    for option in ("Option 2", "Option 0", "Option 1"):
        await form.get_by_role("option", name=option).click()
    await several.press("Backspace")  # takes the last one away
    await several.press("Escape")
    await form.get_by_label("datepicker").fill("2026-12-01")
    await form.get_by_label("timepicker").fill("09:30")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_text("Please enter no more than 12 characters.")).to_be_visible()
    await form.get_by_role("textbox", name="plain_text_input").fill("it is late")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_have_count(0)

    choices = {"checkboxes": ["2"], "radio_buttons": "2", "static_select": "1", "multi_static_select": ["0", "2"]}
    others = {"selected_user": "U0CHO", "selected_date": "2026-12-01", "selected_time": "09:30"}
    [payload] = app.payloads("view_submission")
    values = payload["view"]["state"]["values"]
    picked = {name: held for kind in pickers for name, held in values.pop(kind)["choose"].items() if name != "type"}
    entered = {kind: value["choose"] for kind, value in simple(values).items()}
    assert entered == {**texts, "plain_text_input": "it is late", **choices}
    assert picked == others


async def test_a_failed_submission_is_told_and_sent_again(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    page = await visit()
    await opened(client, control)
    form = dialog(page)
    await form.get_by_role("textbox").fill("it is late")

    await page.get_by_role("button", name="Behind the scenes").click()  # which a form does not cover
    submission = page.get_by_role("group", name="The next submission of a form")
    await submission.get_by_role("switch", name="does not reach the app").check()
    await expect(page.get_by_role("button", name="1 fault armed")).to_be_visible()
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_have_text(TROUBLE)
    await expect(form.get_by_role("textbox")).to_have_value("it is late")
    assert app.payloads("view_submission") == []
    app.hangs = True
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("button", name="Send")).to_have_attribute("aria-busy", "true")
    await expect(form.get_by_role("alert")).to_have_count(0)
    app.release.set()

    await expect(form).to_have_count(0)
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()
    await expect(page.get_by_role("region", name="Clicks").get_by_text("“Send” by @ana")).to_have_count(2)
    assert await views_of(control) == []


async def test_a_form_fills_a_phone_and_hostile_text_is_text(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    script = "<script>alert(1)</script>"
    page = await visit(size=PHONE)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{script} <javascript:alert(1)|here> {'a' * 200}"}},
        {**text_input(placeholder=plain(script)), "label": plain(script), "hint": plain(script)},
        field("multi_static_select"),
        MORE,
    ]
    await opened(client, control, view=modal(*blocks, title=plain(script[:24])))
    form = page.get_by_role("dialog", name=script[:24])

    await expect(form.get_by_role("textbox", name=script)).to_be_focused()
    await expect(form.locator("script, a")).to_have_count(0)
    width = await form.evaluate("form => form.getBoundingClientRect().width")
    assert width == PHONE[0]
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert await form.locator(".modal-body").evaluate("body => body.scrollWidth === body.clientWidth")
    assert await nameless(page, at_least=5) == []
    await page.get_by_role("button", name="Behind the scenes").click()
    await expect(page.locator(".modal-layer")).to_have_js_property("inert", value=True)
    await page.keyboard.press("Escape")
    await expect(page.locator(".modal-layer")).to_have_js_property("inert", value=False)
