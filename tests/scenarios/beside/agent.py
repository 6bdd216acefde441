"""An agent that uses all replicas in turn, retries where one is down, and records every response."""

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.scenarios.trials.ledger import ReadingLedger
from tests.scenarios.trials.rig import ReplicaProcess, Rig
from tests.waiting import pause

TRIES = 60
PAUSE = 0.2


class NoAnswer(Exception):
    """It is unknown whether the request was carried out, and a retry could carry it out twice."""


@dataclass(kw_only=True)
class Agent:
    """`done` counts what was done; `strange` are responses that these requests must not get."""

    rig: Rig
    ledger: ReadingLedger
    done: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    def replica(self) -> ReplicaProcess:
        """The next running replica in turn."""
        running = [replica for replica in self.rig.replicas if replica.up]
        return running[next(self.turns) % len(running)]

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        repeatable: bool = True,
    ) -> tuple[int, Any]:
        """Status and JSON from the first replica that answers; raises NoAnswer if cut off and not repeatable."""
        for _ in range(TRIES):
            replica, began = self.replica(), time.monotonic()
            try:
                status, response = await self.rig.call(replica, method, path, body=body, headers=headers)
            except aiohttp.ClientConnectorError:
                self.done["requests refused by a dead replica"] += 1
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self.done["requests cut off"] += 1
                if not repeatable:
                    raise NoAnswer from error
            else:
                if status not in (429, 503):
                    self._note(replica, method, path, status, response, began)
                    return status, response
                self.done[f"answers {status}"] += 1
            await pause(PAUSE)
        raise NoAnswer

    def _note(self, replica: ReplicaProcess, method: str, path: str, status: int, response: Any, began: float) -> None:
        where, ended = f"{method} {path.partition('?')[0].rpartition('/')[2]} of {replica.name}", time.monotonic()
        if status not in (200, 201, 409):
            self.strange.append(f"{where}: {status} {response}")
            return
        if path.endswith("/timeline"):
            self.ledger.add_timeline(path.split("/")[3], response, where=where, began=began, ended=ended)
            return
        for resource in response.get("items") or [response.get("interaction") or response]:
            if "cards" in resource:
                self.ledger.add_resource(resource, where=where, began=began, ended=ended)
