"""An agent that asks all replicas in turn, tries again where one is down, and notes everything that it is told."""

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.scenarios.trials.ledger import Ledger
from tests.scenarios.trials.rig import Replica, Rig

TRIES = 60
PAUSE = 0.2


class NoAnswer(Exception):
    """It is not known whether the request was carried out, and asking again could do it twice."""


@dataclass(kw_only=True)
class Agent:
    """`done` counts what was done, `strange` are answers that no request of these may get."""

    rig: Rig
    ledger: Ledger
    done: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    turns: "itertools.count[int]" = field(default_factory=itertools.count)

    def replica(self) -> Replica:
        """The next one in turn of those that run."""
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
        """Status and JSON, from whichever replica answers; raises NoAnswer when not repeatable and cut off."""
        for _ in range(TRIES):
            replica, began = self.replica(), time.monotonic()
            try:
                status, told = await self.rig.call(replica, method, path, body=body, headers=headers)
            except aiohttp.ClientConnectorError:
                self.done["requests refused by a dead replica"] += 1
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self.done["requests cut off"] += 1
                if not repeatable:
                    raise NoAnswer from error
            else:
                if status not in (429, 503):
                    self._note(replica, method, path, status, told, began)
                    return status, told
                self.done[f"answers {status}"] += 1
            await asyncio.sleep(PAUSE)
        raise NoAnswer

    def _note(self, replica: Replica, method: str, path: str, status: int, told: Any, began: float) -> None:
        where, ended = f"{method} {path.partition('?')[0].rpartition('/')[2]} of {replica.name}", time.monotonic()
        if status not in (200, 201, 409):
            self.strange.append(f"{where}: {status} {told}")
            return
        if path.endswith("/timeline"):
            self.ledger.timeline(path.split("/")[3], told, where=where, began=began, ended=ended)
            return
        for one in told.get("items") or [told.get("interaction") or told]:
            if "cards" in one:
                self.ledger.told(one, where=where, began=began, ended=ended)
