"""Opens the page in a headless Chromium; without one the tests are skipped, or fail if ASKBRIDGE_REQUIRE_BROWSER=1."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.sandbox.slack.browser.chromium import REQUIRED

try:
    from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect
except ImportError:
    if REQUIRED:
        raise
    pytest.skip("THE PAGE IS NOT TESTED: playwright is not installed", allow_module_level=True)

__all__ = [
    "DESK",
    "NOT_SLACK",
    "PHONE",
    "Browser",
    "Locator",
    "Page",
    "Visit",
    "connected",
    "expect",
    "message",
    "visits",
]

DESK, PHONE = (1280, 800), (390, 844)
TIMEOUT = 20_000  # ms to wait for a state of the page; long, because other tests run at the same time
NOT_SLACK = "Sandbox \N{EN DASH} not Slack"

Visit = Callable[..., Awaitable[Page]]


@contextlib.asynccontextmanager
async def connected(chromium: str) -> AsyncIterator[Browser]:
    """Connect to the Chromium at this address, for one event loop; Chromium keeps running afterwards.

    Chromium closes the contexts that were made through this connection when the connection ends.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def visits(browser: Browser, slack_url: str) -> AsyncIterator[Visit]:
    """Open the page: `await visit(as_="U0BOB", channel="C0GENERAL")`, each time in a new browser profile.

    Any error in a page's console, such as a violation of the content security policy, fails the test at the end, but
    not the browser's line about a form that the sandbox refuses as Slack's client does, with 422.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []
    expect.set_options(timeout=TIMEOUT)

    async def visit(path: str = "", *, size: tuple[int, int] = DESK, zone: str = "UTC", **place: str) -> Page:
        width, height = size
        context = await browser.new_context(
            viewport={"width": width, "height": height}, timezone_id=zone, locale="en-US"
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT)
        # Only this page's console: a page that a button opens may have errors, such as a missing icon.
        page.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" and "422" not in line.text else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        named = "&".join(f"{name.rstrip('_')}={value}" for name, value in place.items())
        await page.goto(slack_url + (path or f"/#{named}"))
        await expect(page.get_by_role("main")).to_be_visible()
        return page

    try:
        yield visit
    finally:
        for context in contexts:
            await context.close()
    assert complaints == [], complaints


def message(page: Page, words: str) -> Locator:
    """The message with these words in its accessible name."""
    return page.get_by_role("article", name=words)
