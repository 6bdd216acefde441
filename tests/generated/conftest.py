"""Fixtures of these tests: the agents' API, and the counts of what was tried."""

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.generated import scale
from tests.generated.scale import Tried
from tests.storage import build


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    """The agents' API of one replica with one tenant; requests wait neither for a card nor for an answer."""
    async with doors.door(db, await build.tenant(db)) as opened:
        opened.notifier.close()
        yield opened


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Iterator[Tried]:
    """Counts the outcomes of this test, to be printed at the end of the run."""
    figures = Tried(request.node.name)
    yield figures
    request.node.user_properties.append(("tried", str(figures)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried, if it was more than the suite tries."""
    if scale.TIMES == 1:
        return
    terminalreporter.section(f"tried, seed {scale.SEED}, {scale.TIMES} times the suite")
    for report in terminalreporter.getreports(""):
        if report.when == "teardown":
            for name, figures in report.user_properties:
                if name == "tried":
                    terminalreporter.write_line(str(figures))
