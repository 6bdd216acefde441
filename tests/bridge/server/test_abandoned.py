"""What asyncio reports of futures that nothing waits for: errors of the network are dropped, all else is logged."""

import asyncio
import gc
import io
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest

from bridge.server import abandoned
from storage.errors import Failure, Unavailable

NETWORK = [
    ConnectionError("unexpected connection_lost() call"),
    ConnectionResetError(104, "Connection reset by peer"),
    TimeoutError(),
    asyncio.IncompleteReadError(b"", 4),
    aiohttp.ServerDisconnectedError(),
    asyncpg.exceptions.ConnectionDoesNotExistError(),
    Unavailable(Failure.RETRY, "TimeoutError"),
]


@pytest.fixture(autouse=True)
async def handled() -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(abandoned.handle)
    yield
    loop.set_exception_handler(None)


async def abandon(error: Exception) -> None:
    """Leave a future with this error behind."""
    asyncio.get_running_loop().create_future().set_exception(error)
    gc.collect()


@pytest.mark.parametrize("error", NETWORK, ids=lambda error: type(error).__name__)
async def test_an_error_of_the_network_in_an_abandoned_future_is_not_logged(error: Exception, log: io.StringIO) -> None:
    await abandon(error)

    assert log.getvalue() == ""


async def test_another_error_in_an_abandoned_future_is_logged(log: io.StringIO) -> None:
    await abandon(ZeroDivisionError())

    assert log.getvalue().count("Future exception was never retrieved") == 1


async def test_a_task_that_ended_unseen_is_logged_whatever_its_error(log: io.StringIO) -> None:
    async def fail() -> None:
        raise ConnectionResetError

    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    del task
    gc.collect()

    assert log.getvalue().count("Task exception was never retrieved") == 1
