"""The page in a headless Chromium; without one these tests are skipped, loudly, unless ASKBRIDGE_REQUIRE_BROWSER=1."""

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
PATIENCE = 20_000  # ms; how long a state may take where other tests run beside this one
NOT_SLACK = "Sandbox \N{EN DASH} not Slack"

Visit = Callable[..., Awaitable[Page]]


@contextlib.asynccontextmanager
async def connected(chromium: str) -> AsyncIterator[Browser]:
    """The Chromium that takes commands at this address, for one event loop; it goes on afterwards.

    It puts away by itself whatever contexts were made here when the connection ends.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium)
        yield browser
        await browser.close()


@contextlib.asynccontextmanager
async def visits(chromium: str, slack_url: str) -> AsyncIterator[Visit]:
    """Open the page: `await visit(as_="U0BOB", channel="C0GENERAL")`, each time in a new browser profile.

    Whatever leaves an error in a console, a broken content policy among them, fails at the end.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []
    expect.set_options(timeout=PATIENCE)
    async with connected(chromium) as browser:

        async def visit(path: str = "", *, size: tuple[int, int] = DESK, zone: str = "UTC", **place: str) -> Page:
            width, height = size
            context = await browser.new_context(
                viewport={"width": width, "height": height}, timezone_id=zone, locale="en-US"
            )
            contexts.append(context)
            page = await context.new_page()
            page.set_default_timeout(PATIENCE)
            # Not the whole context's: what a button opens is another page, and may even lack an icon.
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            named = "&".join(f"{name.rstrip('_')}={value}" for name, value in place.items())
            await page.goto(slack_url + (path or f"/#{named}"))
            await expect(page.get_by_role("main")).to_be_visible()
            return page

        yield visit
        for context in contexts:
            await context.close()
    assert complaints == [], complaints


def message(page: Page, words: str) -> Locator:
    """The message that reads so."""
    return page.get_by_role("article", name=words)
