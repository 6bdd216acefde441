"""A headless Chromium for the page; without one these tests are skipped, loudly, unless ASKBRIDGE_REQUIRE_BROWSER=1."""

import os
import shutil
from collections.abc import Awaitable, Callable

import pytest

REQUIRED = os.environ.get("ASKBRIDGE_REQUIRE_BROWSER") == "1"

try:
    from playwright.async_api import Browser, Locator, Page, Playwright, expect
except ImportError:
    if REQUIRED:
        raise
    pytest.skip("THE PAGE IS NOT TESTED: playwright is not installed", allow_module_level=True)

__all__ = ["DESK", "NOT_SLACK", "PHONE", "Browser", "Locator", "Page", "Visit", "expect", "launch", "message"]

DESK, PHONE = (1280, 800), (390, 844)
NOT_SLACK = "Sandbox \N{EN DASH} not Slack"

Visit = Callable[..., Awaitable[Page]]


async def launch(playwright: Playwright) -> Browser:
    """This machine's own Chromium: nothing is downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "THE PAGE IS NOT TESTED: there is no chromium on this machine"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    return await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


def message(page: Page, words: str) -> Locator:
    """The message that reads so."""
    return page.get_by_role("article", name=words)
