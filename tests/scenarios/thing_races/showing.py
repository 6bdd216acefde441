"""Two replicas in one process with their Slack, and what shows cards and notes while agents and people act."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, TypeAlias

from bridge.loops import runner
from sandbox.slack.server import Sandbox
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.bridge.things.noting import loop, post_all
from tests.waiting import pause, until

_PEOPLE: Final = Path(__file__).with_name("people.toml")
_LOOPS: Final = {"cards", "notes"}
_LEFT: Final = """
    select
    from cards
    where shown < wanted
    union all
    select
    from notes
    where given_up_at is null and ts is null
"""

Showing: TypeAlias = Callable[[list[Replica]], AbstractAsyncContextManager[None]]
"""Shows cards and notes while the block runs, and all of them at its end."""


@contextlib.asynccontextmanager
async def two(dsn: str, *, posting_limit: bool = True) -> AsyncIterator[list[Replica]]:
    """Two replicas and their Slack, which has people for this race."""
    async with (
        Sandbox(seed_file=_PEOPLE, posting_limit=posting_limit) as slack,
        replicas.running(slack, dsn) as one,
        replicas.running(slack, dsn, tenant=one.tenant) as other,
    ):
        yield [one, other]


@contextlib.asynccontextmanager
async def by_loops(of: list[Replica]) -> AsyncIterator[None]:
    """By the loops of the replicas, with their pauses."""
    stopping = asyncio.Event()
    loops = [each for replica in of for each in replica.built.loops if each.name in _LOOPS]
    async with asyncio.TaskGroup() as group:
        for each in loops:
            group.create_task(runner.run(each, stopping))
        yield
        await until(lambda: of[0].db.fetch(_LEFT), lambda left: not left, every=0.1, within=60)
        stopping.set()


@contextlib.asynccontextmanager
async def at_once(of: list[Replica]) -> AsyncIterator[None]:
    """By steps of both replicas without the pauses between messages."""
    is_over = asyncio.Event()

    async def steps(replica: Replica) -> None:
        while not is_over.is_set():
            replica.forget()
            await replica.db.fetch("delete from throttles")
            await replica.cards.step()
            await loop(replica).post()
            await pause(0.02)

    async with asyncio.TaskGroup() as group:
        for replica in of:
            group.create_task(steps(replica))
        yield
        is_over.set()
    await of[0].settle()
    await post_all(of[0])
