"""Runs a race for work items: two replicas, agents and people who lease, and kills, until all items are done."""

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from tests.scenarios.trials import rig
from tests.scenarios.trials.rig import THIS, ReplicaProcess
from tests.scenarios.work_races import agents, backlog, people, truth
from tests.scenarios.work_races.race import Race
from tests.waiting import jitter, until

_ONE_OF: Final = 4  # leasers is a person, the others are agents
_BOTH: Final = 0.2  # of the kills are of both replicas
_LOOK: Final = 0.3  # seconds
_LEFT: Final = "select count(*) from work_items where status <> 'done'"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large a race is. Replicas are killed every `kill_seconds` or so, while there is something left to do."""

    workers: int
    items: int
    seed: int = 7
    kill_seconds: float = 3.0
    ttl: int = 5  # seconds of the leases of agents
    limit: float = 600.0  # seconds


async def run(plan: Plan, dsn: str, folder: Path) -> tuple[Race, list[str]]:
    """The race once all items are done, or time is up, and what is untrue of it; logs are in `folder`."""
    users = [f"U0P{number:02}X" for number in range(plan.workers // _ONE_OF)]
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=8) as db,
        rig.running(dsn, folder, seconds=15.0, people=users) as running,
    ):
        await running.add(THIS, number=2)
        race = Race(rig=running, db=db, chance=random.Random(plan.seed), ttl=plan.ttl)
        kills = asyncio.create_task(_kills(race, plan.kill_seconds))
        began = time.monotonic()
        await backlog.fill(race, plan.items)
        race.seen["seconds to add the items"] = round(time.monotonic() - began)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(plan.workers - len(users)):
                group.create_task(agents.leaser(race, number))
            for user in users:
                group.create_task(people.person(race, user))
            group.create_task(agents.janitor(race))
            group.create_task(agents.linker(race, plan.items))
            try:
                await until(lambda: db.fetchval(_LEFT), lambda left: left == 0, within=plan.limit, every=_LOOK)
            except TimeoutError:
                race.strange.append(f"{await db.fetchval(_LEFT)} items were not done in {plan.limit:.0f} s")
            finally:
                race.is_over = True
        race.seen["seconds until all were done"] = round(time.monotonic() - began)
        await kills
        race.seen.update(await truth.figures(race))
        return race, await truth.untrue(race)


async def _kills(race: Race, seconds: float) -> None:
    """Kill replicas with SIGKILL, and start them again, until the race is over; all of them run at the end."""
    while not race.is_over:
        await jitter(1.5 * seconds, seconds / 2)
        chosen = race.rig.replicas if race.chance.random() < _BOTH else [race.chance.choice(race.rig.replicas)]
        await asyncio.gather(*(_kill(race, each) for each in chosen))


async def _kill(race: Race, replica: ReplicaProcess) -> None:
    await replica.kill()
    race.seen["kills of replicas"] += 1
    await jitter(0.5)
    await replica.start()
