"""Organizations whose receivers hang, and the capacity of a replica that stays free for others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bridge.loops.deliveries import IN_HAND
from storage.pool import Database
from tests.bridge.loops import delivering
from tests.bridge.loops.delivering import Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver
from tests.bridge.webhooks.sending import Names
from tests.storage import build


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receivers.receiver() as running:
        running.gate = asyncio.Event()
        yield running
        running.gate.set()


@pytest.fixture
async def loops(db: Database) -> AsyncIterator[list[Loop]]:
    """Three organizations; the first one's loop is the replica's."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                delivering.loop(db, await build.tenant(db), resolver=Names(["127.0.0.1"]), seconds=30)
            )
            for _ in range(3)
        ]


async def hang(loop: Loop, there: Receiver, *, servers: int) -> None:
    """Have so many servers called that answer nothing."""
    port = there.url.rpartition(":")[2]
    for number in range(servers):
        await loop.answered(callback=f"http://hang{number}.example:{port}/slow")


async def test_the_organization_with_most_hanging_receivers_leaves_half_and_the_next_one_half_of_that(
    loops: list[Loop], there: Receiver
) -> None:
    hostile, second, innocent = loops
    replica = hostile.deliveries
    await hang(hostile, there, servers=IN_HAND)
    begun = [await replica.step() for _ in range(3)]
    await there.until(IN_HAND // 2)
    assert begun == [IN_HAND // 2, 0, 0]

    await hang(second, there, servers=IN_HAND // 2)
    begun = [await replica.step() for _ in range(3)]
    await there.until(sum(begun) + IN_HAND // 2)
    assert begun == [IN_HAND // 4 + 1, 0, 0]

    for number in range(1, 6):
        await innocent.answered(callback=f"{there.url}/quick")
        assert await replica.step() == 1
        await there.until(number, at="/quick")


async def test_who_has_least_under_way_comes_first_however_long_others_wait(loops: list[Loop], there: Receiver) -> None:
    first, second, third = loops
    await hang(first, there, servers=IN_HAND)
    await hang(second, there, servers=5)
    await third.answered(callback=f"{there.url}/quick")

    assert await first.deliveries.step() == 5 + 1 + (IN_HAND - 6) // 2

    await there.until(1, at="/quick")


async def test_as_long_as_something_becomes_due_again_it_is_looked_at_once_more(
    loops: list[Loop], there: Receiver
) -> None:
    """One organization may have very many of them without accepting any, with those of others behind them."""
    hostile, *_ = loops
    await hang(hostile, there, servers=1)
    await hang(hostile, there, servers=1)
    assert await hostile.deliveries.step() == 2
    for _ in range(3):
        await hang(hostile, there, servers=1)
    await hostile.db.fetch("update deliveries set put_off = true where leased_until is null")

    assert [await hostile.deliveries.step() for _ in range(2)] == [3, 0]
