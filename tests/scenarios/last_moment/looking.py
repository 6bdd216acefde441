"""Looking at questions in every way there is, on all replicas; whatever is told of one is noted."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.scenarios.trials.ledger import ENDS, PENDING, Ledger
from tests.scenarios.trials.rig import Replica, Rig

EARLY = 0.005  # seconds before the deadline from which readers look


@dataclass(kw_only=True)
class Race:
    """One question, and when its deadline passes by the database's clock, which is this machine's."""

    number: int
    kind: str
    idempotency_key: str
    id: str = ""
    deadline: float = 0.0
    card: dict[str, Any] = field(default_factory=dict)
    asking: "asyncio.Task[None] | None" = None
    reported: bool = False


class Looking:
    """Requests of agents; `late` is for how many seconds after its deadline a question is looked at."""

    def __init__(self, rig: Rig, *, late: float) -> None:
        self.ledger = Ledger()
        self.statuses: Counter[str] = Counter()  # of answers that tell of no question
        self.clock = time.time  # the database's clock, too
        self._rig, self._late = rig, late

    async def reader(self, race: Race, reader: int) -> None:
        """Look in one way after the other, on one replica after the other, until some time after the deadline."""
        ways = (self._get_now, self._get_waiting, self._list, self._timeline)
        turn = reader
        await self.until(race.deadline - EARLY)
        while self.clock() < race.deadline + self._late:
            replica = self._rig.replicas[(turn + turn // len(ways)) % 2]
            await ways[turn % len(ways)](race, replica)
            turn += 1
            await asyncio.sleep(0)

    async def _get_now(self, race: Race, replica: Replica) -> None:
        await self.get(race, replica, "")

    async def _get_waiting(self, race: Race, replica: Replica) -> None:
        left = race.deadline + self._late - self.clock()
        await self.get(race, replica, f"?wait={max(0.0, left):.3f}")

    async def get(self, race: Race, replica: Replica, query: str) -> None:
        where = "wait" if query else "get"
        await self.told(race, replica, where, "GET", f"/v1/interactions/{race.id}{query}")

    async def _list(self, race: Race, replica: Replica) -> None:
        query = random.choice(
            [f"idempotency_key={race.idempotency_key}"]
            + [f"idempotency_key={race.idempotency_key}&status={status}" for status in (PENDING, *ENDS[:2])]
            + ["status=answered&limit=20", "tag=race&limit=20"]
        )
        began = self.clock()
        status, page = await self.call(replica, "GET", f"/v1/interactions?{query}")
        for item in page["items"] if status == 200 else ():
            self.ledger.told(item, where=f"list {replica.name} {query}", began=began, ended=self.clock())

    async def _timeline(self, race: Race, replica: Replica) -> None:
        began = self.clock()
        status, told = await self.call(replica, "GET", f"/v1/interactions/{race.id}/timeline")
        if status == 200:
            self.ledger.timeline(race.id, told, where=f"timeline {replica.name}", began=began, ended=self.clock())

    async def told(self, race: Race, replica: Replica, way: str, method: str, path: str, **other: Any) -> None:
        """Note what a request tells of a question, also with a 409; who first hears an answer reports it."""
        began = self.clock()
        status, told = await self.call(replica, method, path, **other)
        if status == 409:
            told = told.get("interaction")
        if not told or "cards" not in told or "id" not in told:
            return
        self.ledger.told(told, where=f"{way} {replica.name} {status}", began=began, ended=self.clock())
        if told["id"] == race.id and told["status"] == "answered" and not race.reported:
            race.reported = True
            another = self._rig.replicas[1 - self._rig.replicas.index(replica)]
            report = {"status": "picked_up"}
            await self.told(race, another, "receipt", "POST", f"/v1/interactions/{race.id}/receipt", body=report)

    async def call(self, replica: Replica, method: str, path: str, **other: Any) -> tuple[int, Any]:
        try:
            status, told = await self._rig.call(replica, method, path, **other)
        except (aiohttp.ClientError, TimeoutError) as error:
            status, told = 0, {}
            self.statuses[f"{method} {type(error).__name__}"] += 1
        if status not in (0, 200, 201, 409):
            self.statuses[f"{method} {status}"] += 1
        return status, told

    async def until(self, moment: float) -> None:
        if (left := moment - self.clock()) > 0:
            await asyncio.sleep(left)
