"""What all who take part in a race for work items share: requests, repeated until answered, and what is seen."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import asyncpg

from bridge import ids
from tests.scenarios.trials.rig import ReplicaProcess, Rig
from tests.waiting import pause

_TRIES: Final = 300
_PAUSE: Final = 0.1  # seconds


@dataclass(kw_only=True)
class Race:
    """One backlog, and what agents and people were told about it. `strange` are answers that must not be."""

    rig: Rig
    db: "asyncpg.Pool[asyncpg.Record]"
    chance: random.Random
    ttl: int  # seconds of the leases of agents
    seen: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    leases: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Who was told to hold an item by this fence."""
    completed: list[tuple[str, int]] = field(default_factory=list)  # who completed these was told so
    is_over: bool = False

    async def replica(self) -> ReplicaProcess:
        """A replica that runs, once there is one."""
        for _ in range(_TRIES):
            if running := [each for each in self.rig.replicas if each.up]:
                return self.chance.choice(running)
            await pause(_PAUSE)
        raise TimeoutError("no replica runs")

    async def call(
        self, method: str, path: str, body: Any = None, *, key: bool = False, good: tuple[int, ...] = (200,)
    ) -> tuple[int, Any]:
        """Status and JSON of the first replica that answers; with an Idempotency-Key it is done once."""
        headers = {"Idempotency-Key": ids.new().hex} if key else {}
        for _ in range(_TRIES):
            try:
                status, told = await self.rig.call(
                    await self.replica(), method, f"/v1/work{path}", body=body, headers=headers
                )
            except (aiohttp.ClientError, TimeoutError, ValueError):
                self.seen["requests cut off by a kill"] += 1
            else:
                if status not in (429, 503):
                    if status not in good:
                        self.strange.append(f"{method} {path} {body}: {status} {told}")
                    return status, told
                self.seen[f"requests answered {status}"] += 1
            await pause(_PAUSE)
        raise TimeoutError(f"{method} {path} was never answered")

    def leased(self, item: Any, holder: str) -> None:
        """This holder was told to have this item, by its fence."""
        self.leases[item["id"], item["attempts"]].add(holder)
