"""One trial: two replicas, balancers in front of them, load through each; replicas are restarted, and one hangs."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.rolling import balancers
from tests.scenarios.rolling.load import SLACK_SECONDS, Load
from tests.scenarios.trials import rig
from tests.scenarios.trials.rig import ReplicaProcess
from tests.waiting import pause


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one trial does."""

    blocks: Mapping[str, str]  # each balancer's configuration
    settings: Mapping[str, str]  # of the replicas
    restarts: int
    apart: float  # seconds from one restart to the next
    hang: float = 0.0  # seconds for which the first replica does not run, before the restarts
    overlapping: bool = False  # from SIGTERM to SIGTERM, and not from being ready again to SIGTERM
    clicks_per_second: float = 40.0  # through each balancer
    waits: int = 20
    rest: float = 0.0  # seconds of load without restarts, at the end
    patience: float = SLACK_SECONDS  # for the answer to a click


async def run(plan: Plan, dsn: str, folder: Path) -> dict[str, Load]:
    """The loads by balancer, ended; the replicas' logs are in `folder`."""
    async with AsyncExitStack() as stack:
        settings = {"ASKBRIDGE_DATABASE_CONNECTIONS": "20", **plan.settings}
        running = await stack.enter_async_context(rig.running(dsn, folder, seconds=90.0, settings=settings))
        replicas = await running.add(rig.THIS, number=2)
        urls = [replica.url for replica in replicas]
        loads = {}
        for name, block in plan.blocks.items():
            url = await stack.enter_async_context(
                balancers.running(name.split()[0], block, urls, folder / name.replace(" ", "-"))
            )
            loads[name] = Load(rig=running, url=url, waits=plan.waits, patience=plan.patience)
        async with asyncio.TaskGroup() as group:
            for load in loads.values():
                group.create_task(load.run(clicks_per_second=plan.clicks_per_second))
            await pause(1)
            if plan.hang:
                await _hang(replicas[0], plan.hang)
            await _restart(plan, replicas)
            await pause(1 + plan.rest)
            for load in loads.values():
                load.stopping = True
    return loads


async def _hang(replica: ReplicaProcess, seconds: float) -> None:
    """Stop the process for so long: its port is open, and takes connections that nothing reads."""
    replica.signal(signal.SIGSTOP)
    try:
        await pause(seconds)
    finally:
        replica.signal(signal.SIGCONT)


async def _restart(plan: Plan, replicas: list[ReplicaProcess]) -> None:
    restarts: dict[int, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as group:
        for number in range(plan.restarts):
            replica = number % len(replicas)
            if replica in restarts:
                await restarts[replica]
            restarts[replica] = group.create_task(_restart_one(replicas[replica]))
            if not plan.overlapping:
                await restarts[replica]
            if number < plan.restarts - 1:
                await pause(plan.apart)


async def _restart_one(replica: ReplicaProcess) -> None:
    await replica.stop()
    await replica.start()
