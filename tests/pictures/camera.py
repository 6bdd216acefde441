"""A headless Chromium that takes pictures of the sandbox's page: wide or as on a phone, light or dark."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.sandbox.slack.browser import chromium
from tests.sandbox.slack.browser.driver import Browser, Locator, Page, connected, expect

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = {"wide": (1280, 800), "phone": (390, 844)}


@dataclass(frozen=True)
class Camera:
    """Opens pages with fixed settings, so that their pictures are the same on every machine."""

    browser: Browser
    slack_url: str

    @contextlib.asynccontextmanager
    async def look(
        self, theme: Theme, size: tuple[int, int], *, as_: str = "U0ANA", channel: str = "C0APPROVALS", sharp: float = 1
    ) -> AsyncIterator[Page]:
        """The page as the person `as_` sees it; `sharp` is the number of device pixels per CSS pixel."""
        width, height = size
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=sharp,
            color_scheme=theme,
            reduced_motion="reduce",
            timezone_id="Europe/Berlin",
            locale="en-GB",
        )
        page = await context.new_page()
        await page.goto(f"{self.slack_url}/#as={as_}&channel={channel}")
        await expect(page.get_by_role("article").last).to_be_visible()
        yield page
        await context.close()


@contextlib.asynccontextmanager
async def camera(slack_url: str) -> AsyncIterator[Camera]:
    with chromium.running() as address:
        async with connected(address) as browser:
            yield Camera(browser, slack_url)


def card(page: Page, ts: str) -> Locator:
    return page.locator(f'article[data-ts="{ts}"]')


async def take(page: Page, ts: str, path: Path) -> None:
    """Take a picture of the window, scrolled so that this card is at its top, also the last one."""
    await card(page, ts).evaluate(
        "card => { card.closest('.messages-inner').style.paddingBottom = '100vh';"
        " card.scrollIntoView({ block: 'start', behavior: 'instant' }) }"
    )
    await page.screenshot(path=path)
