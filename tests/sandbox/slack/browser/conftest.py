"""The page, open as somebody in a real browser; and an app behind its cards."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, Listen, Listener

if TYPE_CHECKING:
    from tests.sandbox.slack.browser.driver import Visit


@pytest.fixture
async def visit(chromium: str, slack: Sandbox) -> AsyncIterator["Visit"]:
    """Open the page, as `driver.visits` says."""
    from tests.sandbox.slack.browser import driver  # here, not above: without playwright this never runs

    async with driver.visits(chromium, slack.url) as visit:
        yield visit


@pytest.fixture
async def app(listen: Listen, control: Control) -> Listener:
    """The app behind the cards."""
    listener = await listen()
    await control.post("request_urls", request_urls=[listener.url])
    return listener
