"""Receivers of webhooks, and readers of the feed through the replicas of one release."""

import json
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.scenarios.trials.ledger import ReadingLedger
from tests.scenarios.trials.rig import ReplicaProcess, Rig
from tests.waiting import jitter, pause

EVERY_TYPE = [
    f"interaction.{name}"
    for name in (
        *("created", "posted", "answered", "expired", "cancelled", "superseded", "unreachable"),
        *("picked_up", "succeeded", "failed"),
    )
]
SOME_TYPES = ["interaction.answered", "interaction.cancelled", "interaction.created", "interaction.failed"]
ENDPOINTS: dict[str, list[str] | None] = {"/finals": None, "/every": EVERY_TYPE, "/some": SOME_TYPES}
FAILS, SLOW = 0.02, 0.03  # shares of calls that the receiver answers with 500, and that it answers late


@dataclass(kw_only=True)
class WebhookReceiver:
    """Records each accepted call by its path: the event's id with its type and interaction."""

    ledger: ReadingLedger
    url: str = ""
    accepted: dict[str, dict[str, tuple[str, str]]] = field(default_factory=lambda: defaultdict(dict))
    calls: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        if random.random() < SLOW:
            await jitter(2, 0.2)
        self.calls += 1
        data = event["data"]
        where = f"webhook {request.path}"
        if event["type"].startswith("interaction."):  # it may have been read long ago
            self.ledger.add_resource(data, where=where, began=0.0, ended=time.monotonic())
        if random.random() < FAILS:
            return web.Response(status=500)
        self.accepted[request.path][request.headers["webhook-id"]] = (event["type"], data["id"])
        return web.Response(status=204)


@asynccontextmanager
async def receiving(ledger: ReadingLedger) -> AsyncIterator[WebhookReceiver]:
    receiver = WebhookReceiver(ledger=ledger)
    app = web.Application()
    app.router.add_post("/{rest:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield receiver
    finally:
        await runner.cleanup()


@dataclass(kw_only=True)
class Reader:
    """Follows the feed from its beginning through any replica of one release, in pages or as a stream."""

    rig: Rig
    ledger: ReadingLedger
    release: str
    streams: bool
    event_ids: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{'stream' if self.streams else 'pages'} of {self.release}"

    async def follow(self) -> None:
        """Read until cancelled; continue on another replica whenever one fails."""
        while True:
            try:
                if replica := self._replica():
                    await (self._stream(replica) if self.streams else self._page(replica))
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass
            await pause(0.1)

    def _replica(self) -> ReplicaProcess | None:
        up = [one for one in self.rig.replicas if one.up and one.release.name == self.release]
        return random.choice(up) if up else None

    @property
    def _last(self) -> str:
        return self.event_ids[-1] if self.event_ids else "beginning"

    def _take(self, event: dict[str, Any]) -> None:
        self.event_ids.append(event["id"])
        if event["type"].startswith("interaction."):
            self.ledger.add_resource(event["data"], where=self.name, began=0.0, ended=time.monotonic())

    async def _page(self, replica: ReplicaProcess) -> None:
        status, page = await self.rig.call(replica, "GET", f"/v1/events?after={self._last}&limit=100")
        for event in page["items"] if status == 200 else ():
            self._take(event)

    async def _stream(self, replica: ReplicaProcess) -> None:
        headers = {
            "Authorization": f"Bearer {self.rig.key}",
            "Accept": "text/event-stream",
            "Last-Event-ID": self._last,
        }
        timeout = aiohttp.ClientTimeout(total=random.uniform(5, 20))  # and then another one
        async with self.rig.http.get(f"{replica.url}/v1/events", headers=headers, timeout=timeout) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
