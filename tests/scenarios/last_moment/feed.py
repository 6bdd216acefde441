"""Reads the feed of each replica, in pages and as a stream, and records every event."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.scenarios.trials.ledger import ReadingLedger
from tests.scenarios.trials.rig import ReplicaProcess, Rig
from tests.waiting import pause

_RECEIPTS = {"interaction.picked_up", "interaction.succeeded", "interaction.failed"}


@dataclass(kw_only=True)
class Feed:
    """One reader; `early` are interactions whose receipt came before their answer."""

    ledger: ReadingLedger
    where: str
    last: str = "beginning"
    answered: set[str] = field(default_factory=set)
    early: list[str] = field(default_factory=list)

    def take(self, event: dict[str, Any], *, began: float) -> None:
        self.last = event["id"]
        data = event["data"]
        self.ledger.add_resource(data, where=self.where, began=began, ended=time.time())
        if event["type"] == "interaction.answered":
            self.answered.add(data["id"])
        elif event["type"] in _RECEIPTS and data["id"] not in self.answered:
            self.early.append(data["id"])


@contextlib.asynccontextmanager
async def following(rig: Rig, ledger: ReadingLedger) -> AsyncIterator[list[Feed]]:
    """Two readers for each replica, for as long as the block runs."""
    feeds: list[Feed] = []
    reading = []
    for replica in rig.replicas:
        for way, read in (("pages", _pages), ("stream", _stream)):
            feeds.append(Feed(ledger=ledger, where=f"{way} {replica.name}"))
            reading.append(asyncio.create_task(read(rig, replica, feeds[-1])))
    try:
        yield feeds
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _pages(rig: Rig, replica: ReplicaProcess, feed: Feed) -> None:
    while True:
        began = time.time()
        try:
            status, page = await rig.call(replica, "GET", f"/v1/events?after={feed.last}&limit=200")
        except (aiohttp.ClientError, TimeoutError):
            status, page = 0, {}
        for event in page["items"] if status == 200 else ():
            feed.take(event, began=began)
        await pause(0.005)


async def _stream(rig: Rig, replica: ReplicaProcess, feed: Feed) -> None:
    while True:
        headers = {
            "Authorization": f"Bearer {rig.key}",
            "Accept": "text/event-stream",
            "Last-Event-ID": feed.last,
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with rig.http.get(f"{replica.url}/v1/events", headers=headers, timeout=timeout) as answer:
                async for line in answer.content:
                    if line.startswith(b"data: "):
                        feed.take(json.loads(line[6:]), began=0.0)  # it may have been read long before it was sent
        await pause(0.1)
