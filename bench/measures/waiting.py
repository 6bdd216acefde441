"""Waiting agents: how much memory each costs one replica, and that none of them holds a database connection."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from uuid import UUID

import psutil

from bench import wire
from bench.environment import Environment
from bench.figures import Bar, Figure, Spread
from bench.measures.hearing import reading
from bench.sizes import Sizes
from bench.wire import Wire
from sandbox.children import Child

_WAIT = 60
_BATCH, _PAUSE = 50, 0.3  # agents that begin at once, and the seconds between two batches; all at once are refused
_BETWEEN = 0.1  # seconds between two queries of the busy database connections
_BUSY = """
select count(*) as busy
from pg_stat_activity
where application_name = 'askbridge replica' and datname = current_database() and state <> 'idle'
"""


async def figures(environment: Environment, sizes: Sizes) -> list[Figure]:
    """Unshared memory (USS) per connection, first merely open, then with a request waiting on it."""
    async with environment.replica() as replica:
        await replica.ready()
        # Not counted: memory that a replica allocates once.
        await _agents(environment, replica, await environment.database.pending(_BATCH), looks=1)
        interaction_ids = await environment.database.pending(sizes.waiting)
        open_kib, waiting_kib, busy = await _agents(environment, replica, interaction_ids, looks=sizes.looks)
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
    environment: Environment, replica: Child, interaction_ids: Sequence[UUID], *, looks: int
) -> tuple[float, float, list[int]]:
    """KiB of one open connection per interaction, KiB with an agent waiting on each, busy database connections."""
    before = _kib(replica)
    async with AsyncExitStack() as stack:
        wires: list[Wire] = []
        for _ in interaction_ids:
            opened = await Wire.open(environment.url(replica))
            stack.callback(opened.close)
            await opened.expect(wire.request("GET", f"{environment.url(replica)}/healthz"))
            wires.append(opened)
        connected = _kib(replica)
        agents: list[asyncio.Task[bytes]] = []
        for at in range(0, len(interaction_ids), _BATCH):
            for opened, interaction_id in list(zip(wires, interaction_ids, strict=True))[at : at + _BATCH]:
                request = reading(environment, replica, interaction_id, wait=_WAIT)
                agents.append(asyncio.create_task(opened.expect(request)))
            await asyncio.sleep(_PAUSE)
        busy = []
        for _ in range(looks):
            await asyncio.sleep(_BETWEEN)
            busy.append((await environment.database.db.fetch(_BUSY))[0]["busy"])
        if ended := sum(agent.done() for agent in agents):
            raise RuntimeError(f"{ended} of {len(agents)} agents did not wait")
        waiting = _kib(replica)
        for agent in agents:
            agent.cancel()
        await asyncio.gather(*agents, return_exceptions=True)
    return connected - before, waiting - before, busy


def _kib(replica: Child) -> float:
    """The process's unshared memory (USS), in KiB."""
    kib: float = psutil.Process(replica.pid).memory_full_info().uss / 1024
    return kib
