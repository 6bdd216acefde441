"""Fixtures: the page as a person sees it in a real browser, and an app that receives the clicks on its cards."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import ClickListener, Control, Listen

if TYPE_CHECKING:
    from tests.sandbox.slack.browser.driver import Visit


@pytest.fixture
async def visit(chromium: str, slack: Sandbox) -> AsyncIterator["Visit"]:
    """Opens the page; see `driver.visits`."""
    from tests.sandbox.slack.browser import driver  # not at the top: playwright may not be installed

    async with driver.visits(chromium, slack.url) as visit:
        yield visit


@pytest.fixture
async def app(listen: Listen, control: Control) -> ClickListener:
    """The app that receives the clicks."""
    listener = await listen()
    await control.post("request_urls", request_urls=[listener.url])
    return listener
