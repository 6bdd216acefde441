"""Harms replicas: kills and restarts them, stops them for seconds, terminates their database connections."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from sandbox.children import ChildFailed
from tests.scenarios.trials.rig import THIS, ReplicaProcess, Rig
from tests.waiting import jitter

PAUSE = 1.5  # seconds between two harms, on average
OURS = "trial"  # the application name of the trial's own connections

_TERMINATE = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name <> $1 and backend_type = 'client backend'
    order by random() limit $2
"""


@dataclass(kw_only=True)
class Harm:
    """`alike`: both releases have the same schema, so that a replica of the former can be started again."""

    rig: Rig
    db: "asyncpg.Pool[asyncpg.Record]"
    alike: bool
    done: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    async def inflict(self, goes_on: Callable[[], bool], *, late: Callable[[], bool]) -> None:
        """Kill, stop and terminate concurrently. Former replicas are killed only late, the last never."""

        async def again(harm: Callable[[], Awaitable[None]]) -> None:
            while goes_on():
                await jitter(2 * PAUSE)
                await harm()

        async with asyncio.TaskGroup() as group:
            for harm in (lambda: self._kill(late=late()), self._stop, self._terminate):
                group.create_task(again(harm))

    def _up(self) -> list[ReplicaProcess]:
        return [one for one in self.rig.replicas if one.up]

    async def _kill(self, *, late: bool) -> None:
        mine = [one for one in self._up() if one.release is THIS]
        former = [one for one in self._up() if one.release is not THIS]
        mortal = mine + (former if late and (self.alike or len(former) > 1) else [])
        if not mortal or len(self._up()) < 2:
            return
        owed = former and late and not any(what.startswith("kills of former") for what in self.done)
        replica = former[0] if owed and former[0] in mortal else random.choice(mortal)
        await replica.kill()
        self.done[f"kills of {replica.release.name}"] += 1
        await jitter(1.5)
        if replica.release is THIS or self.alike:
            await replica.start()
            return
        try:
            await replica.start()
        except ChildFailed:
            words = replica.log.read_text().strip().splitlines()[-1]
            self.said.append(f"{replica.name} was killed and cannot come back: {words}")
        else:
            self.said.append(f"{replica.name} came back after the migration")

    async def _stop(self) -> None:
        replica = random.choice(self._up())
        replica.signal(signal.SIGSTOP)
        try:
            await jitter(4, 1)
        finally:
            replica.signal(signal.SIGCONT)
        self.done[f"stops of {replica.release.name}"] += 1

    async def _terminate(self) -> None:
        await self.db.execute(_TERMINATE, OURS, random.randint(1, 8))
        self.done["terminations of backends"] += 1
