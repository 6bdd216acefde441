"""Agents that only wait: what each costs one replica in memory, and that none of them holds a database connection."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from uuid import UUID

import psutil

from bench import wire
from bench.environment import Ground
from bench.figures import Bar, Figure, Spread
from bench.measures.hearing import reading
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_WAIT = 60
_TOGETHER, _PAUSE = 50, 0.3  # agents that begin at once, and the seconds between: a flood would be refused
_BETWEEN = 0.1  # seconds between two looks at the database
_BUSY = """
select count(*) as busy
from pg_stat_activity
where application_name = 'askbridge replica' and datname = current_database() and state <> 'idle'
"""


async def figures(ground: Ground, sizes: Sizes) -> list[Figure]:
    """Memory that no other process shares: of connections that are only open, then with a request waiting on each."""
    async with ground.replica() as replica:
        await replica.ready()
        await _agents(ground, replica, await ground.place.pending(_TOGETHER), looks=1)  # what is allocated once
        questions = await ground.place.pending(sizes.waiting)
        open_kib, waiting_kib, busy = await _agents(ground, replica, questions, looks=sizes.looks)
    each, alone = waiting_kib / sizes.waiting, open_kib / sizes.waiting
    return [
        Figure(
            what=f"{sizes.waiting:,} agents waiting on one replica, each",
            value=Spread.of([each]),
            unit="KiB",
            bar=Bar(limit=40, unit="KiB"),
            floor_name="an open HTTP connection",
            floor=Spread.of([alone]),
            ratio=Spread.of_ratios([each], [alone]) if alone > 0 else None,
        ),
        Figure(
            what=f"database connections in use meanwhile, median of {sizes.looks} looks",
            value=Spread.of(busy),
            unit="",
            bar=Bar(limit=0, unit="in use"),
        ),
    ]


async def _agents(
    ground: Ground, replica: Child, questions: Sequence[UUID], *, looks: int
) -> tuple[float, float, list[int]]:
    """KiB of this many open connections, KiB with an agent waiting on each, and the busy database connections."""
    before = _kib(replica)
    async with AsyncExitStack() as stack:
        wires: list[Wire] = []
        for _ in questions:
            opened = await Wire.open(ground.url(replica))
            stack.callback(opened.close)
            await opened.expect(wire.request("GET", f"{ground.url(replica)}/healthz"))
            wires.append(opened)
        connected = _kib(replica)
        agents: list[asyncio.Task[bytes]] = []
        for at in range(0, len(questions), _TOGETHER):
            for opened, question in list(zip(wires, questions, strict=True))[at : at + _TOGETHER]:
                request = reading(ground, replica, question, wait=_WAIT)
                agents.append(asyncio.create_task(opened.expect(request)))
            await asyncio.sleep(_PAUSE)
        busy = []
        for _ in range(looks):
            await asyncio.sleep(_BETWEEN)
            busy.append((await ground.place.db.fetch(_BUSY))[0]["busy"])
        if ended := sum(agent.done() for agent in agents):
            raise RuntimeError(f"{ended} of {len(agents)} agents did not wait")
        waiting = _kib(replica)
        for agent in agents:
            agent.cancel()
        await asyncio.gather(*agents, return_exceptions=True)
    return connected - before, waiting - before, busy


def _kib(replica: Child) -> float:
    """What the process would give back by ending."""
    kib: float = psutil.Process(replica.pid).memory_full_info().uss / 1024
    return kib
