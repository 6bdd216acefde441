"""What every test may ask for: a real PostgreSQL, in it a migrated database of its own, and a real browser."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from storage import pool
from storage.pool import Database
from tests import canaries as canary
from tests.canaries import Canaries
from tests.databases import Databases
from tests.sandbox.slack.browser import chromium as browser

os.environ["SSL_CERT_FILE"] = os.devnull  # no test meets the world's certificates; each process read them for 50 ms


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is about root for everyone else."""
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("root"):
                item.add_marker(pytest.mark.skip(reason="is about what root meets"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be skipped, a run that skipped something has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("ASKBRIDGE_REQUIRE_ALL") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def canaries() -> Canaries:
    """The secrets in use that have no shape; whoever makes one says so here."""
    return Canaries()


@pytest.fixture(autouse=True)
def nothing_leaks(canaries: Canaries) -> Iterator[None]:
    """Fail the test in which the bridge's log lets out a secret."""
    with canaries.watching():
        yield


@pytest.fixture(scope="session")
def cluster(canaries: Canaries) -> Iterator[Cluster]:
    """One server for the whole run: an installed PostgreSQL if there is one. It forgets on a crash, being only ours."""
    with (
        reachable() as folder,
        Cluster(folder / "data", programs=find_programs(prefer="installed"), durable=False) as running,
    ):
        canaries.known |= canary.of_settings({"": running.dsn})
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """Where one Chromium for the whole run takes commands; see `chromium.running`."""
    with browser.running() as address:
        yield address


@pytest.fixture
def reachable_path() -> Iterator[Path]:
    """A folder for data that a PostgreSQL of this test's own is to live in."""
    with reachable() as folder:
        yield folder


@contextlib.contextmanager
def reachable() -> Iterator[Path]:
    """A temporary folder that every account can pass through, unlike pytest's: as root, PostgreSQL is another one."""
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
    """A database with nothing in it."""
    name = await databases.make()
    yield cluster.database(name)
    await databases.drop(name)


@pytest.fixture
async def dsn(cluster: Cluster, databases: Databases) -> AsyncIterator[str]:
    """A migrated database without a row, this test's alone."""
    name = await databases.lend()
    yield cluster.database(name)
    await databases.take_back(name)


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """A pool on this test's database, as one replica would have it."""
    async with pool.connect(dsn, name="test", size=10) as database:
        yield database
