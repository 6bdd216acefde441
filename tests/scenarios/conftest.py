"""One running program for all tests that leave it unchanged: starting one takes longer than most tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import TypeAlias

import pytest
import pytest_asyncio
from aiohttp import web

from tests.scenarios import program, restart
from tests.scenarios.program import Program
from tests.scenarios.restart import Step

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serving: TypeAlias = Callable[[Handler], Awaitable[str]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """Two replicas for tests that open interactions of their own, read only these, and end or break nothing else.

    A test that uses it runs on the session's loop: `pytest.mark.asyncio(loop_scope="session")`.
    """
    async with program.running(tmp_path_factory.mktemp("shared"), "--metrics") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _mortal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Program, Step]]:
    folder = tmp_path_factory.mktemp("mortal")
    async with program.running(folder) as running, restart.reviving(running, folder) as revive:
        yield running, revive


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(_mortal: tuple[Program, Step]) -> AsyncIterator[Program]:
    """Another such program, whose replicas a test may kill: they are started again after the test."""
    running, revive = _mortal
    yield running
    await revive()


@pytest.fixture(autouse=True)
def nothing_leaks_in_the_shared_program(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test during which a process of the shared program wrote a secret to its log."""
    yield
    if "shared" in request.fixturenames:
        request.getfixturevalue("shared").search_log()


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """Start a server that is not the bridge, with one handler for everything; its address."""
    async with AsyncExitStack() as stack:

        async def serve(answer: Handler) -> str:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            return f"http://{host}:{port}"

        yield serve
