"""A replica that is told to stop: it drains, then closes its port, then finishes its work, then closes connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from bridge.loops.runner import Loop
from bridge.server import lifecycle
from bridge.server.lifecycle import Addresses
from bridge.server.replica import build
from bridge.server.stopping import Stopping
from storage.pool import Database
from tests.bridge import building
from tests.waiting import PATIENCE, until

LONG = 3600


@dataclass(kw_only=True)
class Draining:
    """A replica in the process of the test, with one loop whose pass takes until `finish` is set."""

    stopping: Stopping
    http: aiohttp.ClientSession
    url: str = ""
    finish: asyncio.Event = field(default_factory=asyncio.Event)
    passes: int = 0
    is_passing: bool = False

    async def step(self) -> int:
        self.passes += 1
        self.is_passing = True
        try:
            await self.finish.wait()
        finally:
            self.is_passing = False
        return 0

    async def get(self, path: str, http: aiohttp.ClientSession | None = None) -> tuple[int, str | None, Any]:
        """The status, the header `Connection` and the body."""
        async with (http or self.http).get(f"{self.url}{path}") as answer:
            return answer.status, answer.headers.get("Connection"), await answer.json()


@asynccontextmanager
async def replica(db: Database, *, seconds: int) -> AsyncIterator[tuple[Draining, "asyncio.Task[None]"]]:
    ready, settings = asyncio.Future[Addresses](), building.settings(port=0, drain_seconds=seconds)
    async with building.opened(settings, db) as resources, aiohttp.ClientSession() as http:
        built = build(settings, resources, building.allotment())
        draining = Draining(stopping=built.state.stopping, http=http)
        loop = Loop(name="only", step=draining.step, interval=LONG)
        running = asyncio.create_task(lifecycle.run(built, loops=[loop], on_ready=ready.set_result))
        draining.url = (await ready).url
        yield draining, running
        draining.finish.set()
        draining.stopping.request(hurry=True)
        await asyncio.wait_for(running, PATIENCE)


async def test_while_it_drains_it_is_not_ready_and_serves_and_keeps_no_connection(db: Database) -> None:
    async with replica(db, seconds=LONG) as (draining, running):
        before = await draining.get("/healthz")
        draining.stopping.request()

        status, connection, body = await draining.get("/readyz")
        healthy = await draining.get("/healthz")
        missing = await draining.get("/nothing-here")

        assert before[:2] == (200, None)
        assert (status, connection, body["checks"]["process"]) == (503, "close", "is stopping")
        assert healthy == (200, "close", {"status": "ok"})
        assert missing[:2] == (404, "close")
        assert draining.passes == 1 and not running.done()


async def test_the_port_closes_when_the_drain_is_over_and_idle_connections_are_served_until_the_end(
    db: Database,
) -> None:
    async with replica(db, seconds=0) as (draining, running), aiohttp.ClientSession() as another:
        assert (await draining.get("/healthz"))[0] == 200
        draining.stopping.request()
        await until(lambda: _refused(draining.url))

        assert (await draining.get("/healthz"))[:2] == (200, "close"), "over the connection that was idle"
        with pytest.raises(aiohttp.ClientConnectorError):
            await draining.get("/healthz", another)
        assert draining.is_passing and not running.done(), "the port closed first"


@pytest.mark.parametrize("hurry", [False, True])
async def test_a_second_request_to_stop_and_one_in_a_hurry_skip_the_drain(db: Database, *, hurry: bool) -> None:
    async with replica(db, seconds=LONG) as (draining, running):
        draining.finish.set()
        draining.stopping.request(hurry=hurry)
        if not hurry:
            draining.stopping.request()

        await asyncio.wait_for(running, PATIENCE)


async def _refused(url: str) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    except ConnectionRefusedError:
        return True
    writer.close()
    return False
