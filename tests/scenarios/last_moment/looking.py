"""Reads interactions in every way there is, on all replicas, and records every response."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.scenarios.trials.ledger import ENDS, PENDING, ReadingLedger
from tests.scenarios.trials.rig import ReplicaProcess, Rig
from tests.waiting import pause

EARLY = 0.005  # seconds before the deadline from which readers look


@dataclass(kw_only=True)
class Race:
    """One interaction and its deadline, in the time of the database, which is this machine's."""

    number: int
    kind: str
    idempotency_key: str
    id: str = ""
    deadline: float = 0.0
    card: dict[str, Any] = field(default_factory=dict)
    asking: "asyncio.Task[None] | None" = None
    reported: bool = False


class Looking:
    """Requests of agents; an interaction is read until `late` seconds after its deadline."""

    def __init__(self, rig: Rig, *, late: float) -> None:
        self.ledger = ReadingLedger()
        self.statuses: Counter[str] = Counter()  # of responses without an interaction
        self.clock = time.time  # the database's clock, too
        self._rig, self._late = rig, late

    async def reader(self, race: Race, reader: int) -> None:
        """Read in all ways in turn, on the replicas in turn, until `late` seconds after the deadline."""
        ways = (self._get_now, self._get_waiting, self._list, self._timeline)
        turn = reader
        await self.until(race.deadline - EARLY)
        while self.clock() < race.deadline + self._late:
            replica = self._rig.replicas[(turn + turn // len(ways)) % 2]
            await ways[turn % len(ways)](race, replica)
            turn += 1
            await asyncio.sleep(0)

    async def _get_now(self, race: Race, replica: ReplicaProcess) -> None:
        await self.get(race, replica, "")

    async def _get_waiting(self, race: Race, replica: ReplicaProcess) -> None:
        left = race.deadline + self._late - self.clock()
        await self.get(race, replica, f"?wait={max(0.0, left):.3f}")

    async def get(self, race: Race, replica: ReplicaProcess, query: str) -> None:
        where = "wait" if query else "get"
        await self.read(race, replica, where, "GET", f"/v1/interactions/{race.id}{query}")

    async def _list(self, race: Race, replica: ReplicaProcess) -> None:
        query = random.choice(
            [f"idempotency_key={race.idempotency_key}"]
            + [f"idempotency_key={race.idempotency_key}&status={status}" for status in (PENDING, *ENDS[:2])]
            + ["status=answered&limit=20", "tag=race&limit=20"]
        )
        began = self.clock()
        status, page = await self.call(replica, "GET", f"/v1/interactions?{query}")
        for item in page["items"] if status == 200 else ():
            self.ledger.add_resource(item, where=f"list {replica.name} {query}", began=began, ended=self.clock())

    async def _timeline(self, race: Race, replica: ReplicaProcess) -> None:
        began = self.clock()
        status, response = await self.call(replica, "GET", f"/v1/interactions/{race.id}/timeline")
        if status == 200:
            self.ledger.add_timeline(
                race.id, response, where=f"timeline {replica.name}", began=began, ended=self.clock()
            )

    async def read(self, race: Race, replica: ReplicaProcess, way: str, method: str, path: str, **other: Any) -> None:
        """Record the interaction in a response, also in a 409; the first reader of an answer sends a receipt."""
        began = self.clock()
        status, response = await self.call(replica, method, path, **other)
        if status == 409:
            response = response.get("interaction")
        if not response or "cards" not in response or "id" not in response:
            return
        self.ledger.add_resource(response, where=f"{way} {replica.name} {status}", began=began, ended=self.clock())
        if response["id"] == race.id and response["status"] == "answered" and not race.reported:
            race.reported = True
            another = self._rig.replicas[1 - self._rig.replicas.index(replica)]
            report = {"status": "picked_up"}
            await self.read(race, another, "receipt", "POST", f"/v1/interactions/{race.id}/receipt", body=report)

    async def call(self, replica: ReplicaProcess, method: str, path: str, **other: Any) -> tuple[int, Any]:
        try:
            status, response = await self._rig.call(replica, method, path, **other)
        except (aiohttp.ClientError, TimeoutError) as error:
            status, response = 0, {}
            self.statuses[f"{method} {type(error).__name__}"] += 1
        if status not in (0, 200, 201, 409):
            self.statuses[f"{method} {status}"] += 1
        return status, response

    async def until(self, moment: float) -> None:
        if (left := moment - self.clock()) > 0:
            await pause(left)
