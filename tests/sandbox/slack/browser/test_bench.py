"""The page's panel "Behind the scenes": switches for faults, and each click with its request and response."""

import json
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.browser.driver import PHONE, Locator, Page, Visit, expect, message
from tests.sandbox.slack.conftest import ClickListener, Control, card

pytestmark = pytest.mark.browser


async def opened(page: Page) -> Locator:
    await page.get_by_role("button", name="Behind the scenes").press("Enter")
    bench = page.get_by_role("complementary", name="Behind the scenes")
    await expect(bench).to_be_focused()
    return bench


async def armed(control: Control) -> list[tuple[str, str, int]]:
    return [(one["on"], one["fault"], one["times"]) for one in (await control.get("faults"))["faults"]]


async def test_a_switched_on_fault_happens_once_and_its_switch_goes_off(
    visit: Visit, client: AsyncWebClient, app: ClickListener, control: Control
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    page = await visit()
    bench = await opened(page)
    twice = bench.get_by_role("group", name="The next click").get_by_role("switch", name="arrives twice")

    await twice.press("Space")
    await expect(twice).to_be_checked()
    await expect(page.get_by_role("button", name="1 fault armed")).to_be_visible()
    assert await armed(control) == [("interactivity", "duplicate", 1)]
    await message(page, "Deploy?").get_by_role("button", name="Approve").click()
    await expect(twice).not_to_be_checked()
    await expect(page.get_by_role("button", name="armed")).to_have_count(0)

    assert len(app.got) == 2


async def test_what_is_armed_is_shown_in_every_window_and_can_be_cleared(visit: Visit, control: Control) -> None:
    page, other = await visit(), await visit(as_="U0BOB")
    bench = await opened(page)
    await bench.get_by_role("spinbutton", name="Each happens").fill("3")
    await control.post("faults", on="users.info", fault="empty", channel="C0GENERAL")
    # The page is rendered again while 3 is being typed.
    await expect(page.get_by_role("button", name="1 fault armed")).to_be_visible()
    for words, number in (("gets a 429", 2), ("is done, then cut off", 3)):
        await bench.get_by_role("group", name="chat.postMessage").get_by_role("switch", name=words).check()
        # A switch disarms only what its own page has read, and the next fault is listed after this one.
        await expect(page.get_by_role("button", name=f"{number} faults armed")).to_be_visible()

    await expect(other.get_by_role("button", name="3 faults armed")).to_be_visible()
    await expect(bench.get_by_text("users.info empty in C0GENERAL, 1 more")).to_be_visible()
    assert await armed(control) == [
        ("users.info", "empty", 1),
        ("chat.postMessage", "ratelimited", 3),
        ("chat.postMessage", "drop_after", 3),
    ]
    await bench.get_by_role("switch", name="gets a 429").first.uncheck()
    await expect(other.get_by_role("button", name="2 faults armed")).to_be_visible()
    await bench.get_by_role("button", name="Clear all").click()
    await expect(other.get_by_role("button", name="armed")).to_have_count(0)
    assert await armed(control) == []


async def test_every_switch_is_a_fault_the_sandbox_knows(visit: Visit, control: Control) -> None:
    page = await visit()
    switches = (await opened(page)).get_by_role("switch")

    count = await switches.count()
    await switches.evaluate_all("all => all.forEach((one) => one.click())")

    await expect(page.get_by_role("button", name=f"{count} faults armed")).to_be_visible()
    await expect(page.get_by_role("switch", checked=True)).to_have_count(count)
    assert len(set(await armed(control))) == count


async def test_a_click_is_shown_as_it_was_on_the_wire_with_what_the_app_did_then(
    visit: Visit, client: AsyncWebClient, app: ClickListener, http: aiohttp.ClientSession
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    page = await visit(as_="U0BOB")
    await message(page, "Deploy?").get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()
    await page.get_by_role("button", name="Look closer").press("Enter")
    await expect(page.get_by_role("region", name="Clicks")).to_be_focused()
    await expect(page.get_by_text("Nothing yet that concerns this message.")).to_have_count(1)
    ((headers, body),) = app.got
    payload: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    await http.post(payload["response_url"], json={"text": "Too late, Bob", "replace_original": False})
    await client.chat_update(channel="C0APPROVALS", ts=posted["ts"], text="Approved")

    bench = page.get_by_role("complementary", name="Behind the scenes")
    await bench.get_by_text("“Approve” by @bob").click()
    request = bench.get_by_label("Request")
    await expect(request).to_contain_text(f"POST {app.url}")
    await expect(request).to_contain_text(f"X-Slack-Signature: {headers['X-Slack-Signature']}")
    await expect(request).to_contain_text(body.decode())
    assert json.loads(await bench.get_by_label("Its payload, decoded").inner_text()) == payload
    await expect(bench.get_by_label("Acknowledgement")).to_contain_text("HTTP 200")
    await bench.get_by_text("response_url 200").click()
    await expect(bench.get_by_label("response_url", exact=True)).to_contain_text("Too late, Bob")
    await expect(bench.get_by_text("chat.update 200")).to_be_visible()


async def test_it_opens_and_closes_by_keyboard_and_covers_a_phone(visit: Visit) -> None:
    page = await visit(size=PHONE)
    button = page.get_by_role("button", name="Behind the scenes")

    bench = await opened(page)
    await page.keyboard.press("Tab")
    await expect(bench.get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(bench).to_have_count(0)
    await expect(button).to_be_focused()

    await page.keyboard.press("Enter")
    width = await bench.evaluate("bench => bench.getBoundingClientRect().width")
    assert width == PHONE[0]
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]  # nothing is wider than the window


async def test_what_is_covered_on_a_phone_cannot_be_reached_until_it_is_seen_again(
    visit: Visit, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    await client.chat_postMessage(channel="C0APPROVALS", text="Any news?", thread_ts=posted["ts"])
    page = await visit(size=PHONE)
    replies, main = page.get_by_role("button", name="1 reply"), page.get_by_role("main")
    thread = page.get_by_role("complementary", name="Thread")

    await replies.press("Enter")
    await expect(thread).to_be_focused()
    await expect(main).to_have_js_property("inert", value=True)
    bench = await opened(page)
    await expect(thread).to_have_js_property("inert", value=True)
    await page.keyboard.press("Escape")
    await expect(bench).to_have_count(0)
    await expect(thread).to_have_js_property("inert", value=False)
    await thread.get_by_role("textbox").press("Escape")

    await expect(thread).to_have_count(0)
    await expect(main).to_have_js_property("inert", value=False)
    await expect(replies).to_be_focused()
