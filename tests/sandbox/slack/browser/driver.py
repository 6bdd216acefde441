"""A headless Chromium for the page; without one these tests are skipped, loudly, unless ASKBRIDGE_REQUIRE_BROWSER=1."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

REQUIRED = os.environ.get("ASKBRIDGE_REQUIRE_BROWSER") == "1"

try:
    from playwright.async_api import Browser, Locator, Page, Playwright, async_playwright, expect
except ImportError:
    if REQUIRED:
        raise
    pytest.skip("THE PAGE IS NOT TESTED: playwright is not installed", allow_module_level=True)

__all__ = ["DESK", "NOT_SLACK", "PHONE", "Browser", "Locator", "Page", "Visit", "expect", "launch", "message", "visits"]

DESK, PHONE = (1280, 800), (390, 844)
PATIENCE = 20_000  # ms; how long a state may take where other tests run beside this one
NOT_SLACK = "Sandbox \N{EN DASH} not Slack"

Visit = Callable[..., Awaitable[Page]]


async def launch(playwright: Playwright) -> Browser:
    """This machine's own Chromium: nothing is downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "THE PAGE IS NOT TESTED: there is no chromium on this machine"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    return await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@contextlib.asynccontextmanager
async def visits(slack_url: str) -> AsyncIterator[Visit]:
    """Open the page: `await visit(as_="U0BOB", channel="C0GENERAL")`, each time in a new browser profile.

    Whatever leaves an error in a console, a broken content policy among them, fails at the end.
    """
    complaints: list[str] = []
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await launch(playwright)

        async def visit(path: str = "", *, size: tuple[int, int] = DESK, zone: str = "UTC", **place: str) -> Page:
            width, height = size
            context = await browser.new_context(
                viewport={"width": width, "height": height}, timezone_id=zone, locale="en-US"
            )
            page = await context.new_page()
            page.set_default_timeout(PATIENCE)
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            named = "&".join(f"{name.rstrip('_')}={value}" for name, value in place.items())
            await page.goto(slack_url + (path or f"/#{named}"))
            await expect(page.get_by_role("main")).to_be_visible()
            return page

        yield visit
        await browser.close()
    assert complaints == []


def message(page: Page, words: str) -> Locator:
    """The message that reads so."""
    return page.get_by_role("article", name=words)
