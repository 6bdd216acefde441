"""People who click and agents who ask and wait, all through one balancer; what gets no good answer is counted."""

import asyncio
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bridge import ids
from sandbox.slack import signing
from tests import payloads
from tests.scenarios.trials.rig import APP, PEOPLE, TEAM, Rig
from tests.waiting import pause

SLACK_SECONDS = 3.0  # that Slack waits for the answer to a click
TRIES = 20  # of one request of an agent, PAUSE apart
PAUSE = 0.25
WAIT = 60  # seconds, more than the bridge ever waits
_UNCONFIRMED = "503 of the bridge"  # which tells the clicker: the database was slow, or this machine
_UNANSWERED = {"id": "", "status": "unanswered"}


@dataclass(kw_only=True)
class Load:
    """All requests through one balancer."""

    rig: Rig
    url: str
    waits: int
    patience: float = SLACK_SECONDS  # for the answer to a click
    clicks: Counter[str] = field(default_factory=Counter)  # by what came of them: the status, or the error
    agents: Counter[str] = field(default_factory=Counter)  # likewise, every try
    unanswered: int = 0  # requests of agents that failed however often they were repeated
    longest: float = 0.0  # seconds that a click took
    open: str = ""  # the interaction that is clicked now
    stopping: bool = False

    @property
    def lost(self) -> int:
        return self.clicks.total() - self.clicks["200"] - self.clicks[_UNCONFIRMED]

    async def run(self, *, clicks_per_second: float) -> None:
        """Load the balancer until `stopping` is set."""
        pending = await self._ask()
        async with asyncio.TaskGroup() as group:
            agents = [group.create_task(self._wait(pending)) for _ in range(self.waits)]
            agents.append(group.create_task(self._agent()))
            began = time.monotonic()
            for number in itertools.count():
                await pause(max(0.0, began + number / clicks_per_second - time.monotonic()))
                if self.stopping:
                    break
                group.create_task(self._click())
            for agent in agents:
                agent.cancel()  # they would wait for a minute

    async def _click(self) -> None:
        if not self.open:
            return
        payload = payloads.load("block_actions_message")
        payload["api_app_id"], payload["team"]["id"], payload["user"]["team_id"] = APP, TEAM, TEAM
        payload["user"] |= {"id": PEOPLE[0], "username": "ana", "name": "ana"}
        payload["response_url"] = f"{self.rig.slack['slack_url']}/actions/{TEAM}/1/not-given-out"
        payload["trigger_id"] = ids.new().hex  # so that no click repeats another
        choice = {"block_id": f"v1:{self.open}:1", "action_id": "v1:choose:approve"}
        payload["actions"][0] |= choice
        body = payloads.form(payload)
        headers = signing.headers(secret=self.rig.slack["signing_secret"], timestamp=int(time.time()), body=body)
        began = time.monotonic()
        self.clicks[await self._status(self.url + "/slack/events", body, dict(headers))] += 1
        self.longest = max(self.longest, time.monotonic() - began)

    async def _status(self, url: str, body: bytes, headers: dict[str, str]) -> str:
        try:
            async with asyncio.timeout(self.patience), self.rig.http.post(url, data=body, headers=headers) as answer:
                text = await answer.text()
                return _UNCONFIRMED if answer.status == 503 and "<" not in text else str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    async def _agent(self) -> None:
        """Ask, wait for the answer of the person who clicks, and ask again."""
        while not self.stopping:
            self.open = id = await self._ask()
            if id:
                await self._wait(id)

    async def _ask(self) -> str:
        question = {
            "kind": "approval",
            "title": "Go on?",
            "to": {"channel": self.rig.channels[0]},
            "responders": {"users": [PEOPLE[0]]},
        }
        asked = await self._call("POST", "/v1/interactions?wait=0", body=question, key=ids.new().hex)
        return str(asked["id"])

    async def _wait(self, id: str) -> None:
        while (await self._call("GET", f"/v1/interactions/{id}?wait={WAIT}"))["status"] == "pending":
            pass

    async def _call(self, method: str, path: str, *, body: Any = None, key: str | None = None) -> Any:
        """One request of an agent, repeated when it gets no answer or a 5xx."""
        headers = {"Authorization": f"Bearer {self.rig.key}", **({"Idempotency-Key": key} if key else {})}
        for _ in range(TRIES):
            try:
                async with self.rig.http.request(method, self.url + path, json=body, headers=headers) as answer:
                    self.agents[str(answer.status)] += 1
                    if answer.status < 500:
                        return json.loads(await answer.read())
            except (aiohttp.ClientError, TimeoutError) as error:
                self.agents[type(error).__name__] += 1
            await pause(PAUSE)
        self.unanswered += 1
        return _UNANSWERED
