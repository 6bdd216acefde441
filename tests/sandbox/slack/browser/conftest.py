"""Fixtures: the page as a person sees it in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from sandbox.slack.server import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.slack.browser.driver import Browser, Visit


@pytest.fixture
def _function_scoped_runner(_session_scoped_runner: asyncio.Runner) -> asyncio.Runner:
    """Run all tests and fixtures here on the loop of the session, to which the connection to the browser belongs."""
    return _session_scoped_runner


@pytest.fixture
async def visit(browser: "Browser", slack: Sandbox) -> AsyncIterator["Visit"]:
    """Opens the page; see `driver.visits`."""
    from tests.sandbox.slack.browser import driver  # not at the top: playwright may not be installed

    async with driver.visits(browser, slack.url) as visit:
        yield visit
