"""The page, open as somebody in a real browser; and an app behind its cards."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, Listen, Listener

if TYPE_CHECKING:
    from tests.sandbox.slack.browser.driver import Page, Visit


@pytest.fixture
async def visit(slack: Sandbox) -> AsyncIterator["Visit"]:
    """Open the page: `await visit(as_="U0BOB", channel="C0GENERAL")`, each time in a new browser profile.

    A test that leaves an error in a console, a broken content policy among them, fails.
    """
    from playwright.async_api import async_playwright  # here, not above: without playwright this never runs

    from tests.sandbox.slack.browser import driver

    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await driver.launch(playwright)

        async def visit(
            path: str = "", *, size: tuple[int, int] = driver.DESK, zone: str = "UTC", **place: str
        ) -> "Page":
            width, height = size
            context = await browser.new_context(
                viewport={"width": width, "height": height}, timezone_id=zone, locale="en-US"
            )
            page = await context.new_page()
            page.set_default_timeout(5000)
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            named = "&".join(f"{name.rstrip('_')}={value}" for name, value in place.items())
            await page.goto(slack.url + (path or f"/#{named}"))
            await driver.expect(page.get_by_role("main")).to_be_visible()
            return page

        yield visit
        await browser.close()
    assert complaints == []


@pytest.fixture
async def app(listen: Listen, control: Control) -> Listener:
    """The app behind the cards."""
    listener = await listen()
    await control.post("request_urls", request_urls=[listener.url])
    return listener
