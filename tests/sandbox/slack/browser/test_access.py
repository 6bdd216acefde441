"""The page's accessibility: with a screen reader, with low vision, and without a mouse."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.browser.driver import PHONE, Page, Visit, expect, message
from tests.sandbox.slack.conftest import ClickListener, card, select

pytestmark = pytest.mark.browser


async def nameless(page: Page, *, at_least: int = 10) -> list[Any]:
    """The controls that the browser exposes to screen readers without a name."""
    session = await page.context.new_cdp_session(page)
    tree = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    focusable = [
        node
        for node in tree
        if not node["ignored"]
        and any(fact["name"] == "focusable" and fact["value"].get("value") for fact in node.get("properties", ()))
    ]
    assert len(focusable) > at_least
    return [node["role"]["value"] for node in focusable if not node.get("name", {}).get("value", "").strip()]


@pytest.mark.parametrize("size", [(1280, 800), PHONE])
async def test_everything_a_keyboard_reaches_has_a_name(
    visit: Visit, client: AsyncWebClient, app: ClickListener, size: tuple[int, int]
) -> None:
    posted = await client.chat_postMessage(channel="C0APPROVALS", text="Deploy?", blocks=card())
    await client.chat_postMessage(channel="C0APPROVALS", text="Where?", blocks=select())
    await client.chat_postMessage(channel="C0APPROVALS", text="Any news?", thread_ts=posted["ts"])
    page = await visit(size=size)

    await message(page, "Deploy?").get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Last click: 200 in")).to_be_visible()
    assert await nameless(page) == []
    await page.get_by_role("button", name="Look closer").click()
    await expect(page.get_by_text("“Approve” by @ana")).to_be_visible()
    assert await nameless(page) == []


async def test_a_card_is_found_chosen_and_confirmed_with_the_keyboard_alone(
    visit: Visit, client: AsyncWebClient, app: ClickListener
) -> None:
    await client.chat_postMessage(channel="C0APPROVALS", text="Where?", blocks=select(options=5))
    page = await visit()
    field = page.get_by_role("combobox", name="Choose")
    await expect(field).to_be_visible()

    for _ in range(20):
        await page.keyboard.press("Tab")
        if await field.evaluate("field => field === document.activeElement"):
            break
    await expect(field).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option")).to_have_count(5)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)
    await expect(field).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowUp")  # wraps around to the last option
    await page.keyboard.press("Enter")

    await expect(field).to_have_value("Region 4")


async def test_a_new_private_reply_is_announced_once_and_old_ones_are_not(visit: Visit, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0APPROVALS", user="U0BOB", text="An old one")
    page = await visit(as_="U0BOB")
    await expect(message(page, "An old one")).to_be_visible()
    status = page.get_by_role("status", name="New private replies")
    await expect(status).to_have_text("")

    await client.chat_postEphemeral(channel="C0APPROVALS", user="U0BOB", text="<@U0ANA> was faster")

    await expect(status).to_have_text("Private reply: @ana was faster")
    # Otherwise a screen reader would read the reply twice.
    await expect(message(page, "was faster")).to_have_attribute("aria-live", "off")


async def test_initials_can_be_read_on_every_colour(visit: Visit) -> None:
    page = await visit()

    await expect(page.get_by_role("radio")).to_have_count(5)
    ratios = await page.get_by_role("radio").evaluate_all(
        """(people) => people.map((person) => {
          const rgb = getComputedStyle(person.querySelector("rect")).fill.match(/[0-9.]+/g).slice(0, 3).map(Number);
          const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          const [r, g, b] = rgb.map((c) => linear(c / 255));
          return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
        })"""
    )

    assert len(ratios) == 5
    assert min(ratios) >= 4.5
