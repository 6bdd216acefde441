"""Fixtures for all tests: a real PostgreSQL, a migrated database for each test, and a real browser."""

import contextlib
import gc
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import pool
from storage.pool import Database
from tests import canaries as canary
from tests.canaries import Canaries
from tests.databases import Databases
from tests.draining import DRAIN
from tests.sandbox.slack.browser import chromium as started

if TYPE_CHECKING:
    from tests.sandbox.slack.browser.driver import Browser

# No test verifies public certificates, and loading them took each process 50 ms.
os.environ["SSL_CERT_FILE"] = os.devnull

# Replicas that are told to stop do so at once. Tests about draining set another value.
os.environ[DRAIN] = "0"

# Importing and collecting seven thousand tests makes little garbage, and looking for it took half of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again, except in what every test needs."""
    gc.freeze()
    gc.enable()


# The files with the longest tests, the longest first: begun last, one of them would keep a single processor busy.
FIRST = (
    "generated/test_description.py",
    "docs/test_adding_a_kind.py",
    "docs/test_adding_a_thing.py",
    "scenarios/test_kept.py",
    "bench/test_main.py",
    "scenarios/test_verdicts.py",
    "scenarios/test_ending.py",
    "scenarios/test_rolling.py",
    "scenarios/test_forms.py",
    "scenarios/test_webhooks.py",
    "scenarios/test_doctor.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, and skip those marked `root` unless we run as root."""
    _begin_with_the_longest(items, workers=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("root"):
                item.add_marker(pytest.mark.skip(reason="is about what root meets"))


def _begin_with_the_longest(items: list[pytest.Item], *, workers: int) -> None:
    """Spread the longest files over the workers: each begins with a block of the list, and the blocks are as long."""
    longest: dict[str, list[pytest.Item]] = {name: [] for name in FIRST}
    rest: list[pytest.Item] = []
    for item in items:
        longest.get(item.nodeid.split("::")[0].removeprefix("tests/"), rest).append(item)
    end, total = 0, len(items)
    items.clear()
    for worker in range(workers):
        end += (total - end) // (workers - worker)  # as xdist cuts the list
        items += [item for name in FIRST[worker::workers] for item in longest[name]]
        fill = max(end - len(items), 0)
        items += rest[:fill]
        del rest[:fill]
    items += rest


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With ASKBRIDGE_REQUIRE_ALL a run that skipped a test fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("ASKBRIDGE_REQUIRE_ALL") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def canaries() -> Canaries:
    """The secrets without a shape; a test or fixture that makes one adds it here."""
    return Canaries()


@pytest.fixture(autouse=True)
def nothing_leaks(canaries: Canaries) -> Iterator[None]:
    """Fail a test during which a secret is logged."""
    with canaries.watching():
        yield


@pytest.fixture(scope="session")
def cluster(canaries: Canaries) -> Iterator[Cluster]:
    """One server for the whole run, an installed PostgreSQL if there is one; not durable, as only tests use it."""
    with (
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed"), durable=False) as running,
    ):
        canaries.known |= canary.of_settings({"": running.dsn})
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The address at which the run's one Chromium takes commands; see `chromium.running`."""
    with started.running() as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator["Browser"]:
    """The connection to it, whose own process takes as long to start as a page; for tests on the session's loop."""
    from tests.sandbox.slack.browser import driver  # not at the top: playwright may not be installed

    async with driver.connected(chromium) as browser:
        yield browser


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A folder for the data of a PostgreSQL that the test starts itself."""
    with reachable() as folder:
        yield folder


@contextlib.contextmanager
def reachable() -> Iterator[Path]:
    """A temporary folder that every account can pass through, unlike pytest's: PostgreSQL never runs as root."""
    with tempfile.TemporaryDirectory(prefix="askbridge-test-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def databases(cluster: Cluster) -> Iterator[Databases]:
    made = Databases(cluster)
    with made.running():
        yield made


@pytest.fixture
async def empty_dsn(cluster: Cluster, databases: Databases) -> AsyncIterator[str]:
    """The address of an empty database, without migrations."""
    name = await databases.make()
    yield cluster.database(name)
    await databases.drop(name)


@pytest.fixture
async def dsn(cluster: Cluster, databases: Databases) -> AsyncIterator[str]:
    """The address of a migrated database without rows, which only this test uses."""
    name = await databases.lend()
    yield cluster.database(name)
    await databases.take_back(name)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """A pool on the test's database, as one replica has it."""
    async with pool.connect(dsn, name="test", size=10) as database:
        yield database


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Database]:
    """A second replica's pool on the same database."""
    async with pool.connect(dsn, name="other", size=10) as database:
        yield database


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
async def other_encoding(
    request: pytest.FixtureRequest, cluster: Cluster, databases: Databases
) -> AsyncIterator[tuple[str, str]]:
    """The encoding of a database that is not UTF-8, and its address."""
    encoding = str(request.param)
    name = await databases.make(encoding=encoding)
    yield encoding, cluster.database(name)
    await databases.drop(name)
