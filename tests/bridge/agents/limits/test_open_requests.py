"""How many requests of an organization stay open on a replica, and what the next one is told."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge import ids
from bridge.agents.events import streams
from bridge.agents.interactions import handlers
from bridge.agents.limits.limits import Limits
from bridge.agents.limits.open_requests import ConcurrencyLimiter, Sort
from bridge.connection_limit import ConnectionLimiter
from bridge.server import listeners as serving
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import FAR, Door, Reply
from tests.bridge.agents.events.test_events import number
from tests.bridge.agents.interactions.test_wait import LONG, getting
from tests.bridge.agents.listening import listening
from tests.bridge.server.test_startup_log import settings
from tests.storage import build

TWO: Limits = replace(FAR, open_requests=2)


async def stream(door: Door, **other: Any) -> Reply:
    """Ask for a stream that is refused."""
    async with asyncio.timeout(LONG):
        return await door.call("GET", "/v1/events", headers={"Accept": "text/event-stream"}, **other)


def told(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.slug, reply.headers["Retry-After"]


async def test_one_stream_too_many_is_told_which_limit_it_was_and_what_helps(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    async with doors.door(db, await build.tenant(db), limits=TWO) as door, listening(door) as first:
        async with listening(door):
            refused = await stream(door)

            assert told(refused) == (429, "too_many_open", "10")
            assert refused.json["detail"] == (
                "Your organization has 2 streams open on this replica, as many as it may have on one. One stream hears "
                "of all questions: let your agents share it. Send this again in 10 s."
            )
            neighbour = await build.tenant(db)
            async with listening(door, key=neighbour.secret):
                pass
        while len(door.streams) > 1:
            await asyncio.sleep(0.01)
        async with listening(door):  # the place of the one that ended
            asked = await door.ask()
            await number(door)
            assert (await first.event())["data"]["id"] == asked.json["id"]


async def test_one_wait_too_many_is_refused_and_every_look_is_answered(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=TWO) as door:
        asked, ended = (await door.ask()).json["id"], await door.ask()
        await door.click(ended.id)
        async with getting(door, asked) as first, getting(door, asked) as second:
            while door.notifier.waiting < 2:
                await asyncio.sleep(0)
            refused = await door.get(asked, wait=LONG)

            assert told(refused) == (429, "too_many_open", "10")
            assert refused.json["detail"].startswith("Your organization has 2 requests waiting on this replica")
            assert "One stream of GET /v1/events" in refused.json["detail"]
            assert [(await door.get(asked, wait=wait)).json["status"] for wait in (None, 0)] == ["pending"] * 2
            assert (await door.get(ended.json["id"], wait=LONG)).json["status"] == "answered"
            async with listening(door):  # streams have concurrency of their own
                pass
            await door.cancel(asked)
            assert (await first).json["status"] == (await second).json["status"] == "cancelled"
        again = (await door.ask()).json["id"]
        async with getting(door, again) as reader:  # the concurrency are free again
            await door.cancel(again)
            assert (await reader).status == 200


async def test_who_asks_is_never_refused_for_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """People are asked all the same, and the agent is told so at once instead of waiting."""
    monkeypatch.setattr(handlers, "FIRST_POST_SECONDS", float(LONG))
    async with doors.door(db, await build.tenant(db), limits=replace(FAR, open_requests=1)) as door:
        waiting = asyncio.create_task(door.ask(wait=LONG))
        await door.waiting()
        async with asyncio.timeout(LONG / 2):
            asked = await door.ask(wait=60)

        assert (asked.status, asked.json["status"]) == (201, "pending")
        assert await door.rows() == 2
        door.notifier.close()
        assert (await waiting).status == 201


async def test_a_replica_that_can_hold_few_has_a_place_for_whoever_comes_next(db: Database) -> None:
    """Of eight concurrency the first takes four, the next two, then one; and one is left."""
    tenants = [await build.tenant(db) for _ in range(5)]
    got: list[int] = []
    async with doors.door(db, tenants[0], most=8) as door, AsyncExitStack() as stack:
        for tenant in tenants:
            for opened in range(8):
                if (refused := await _tried(stack, door, tenant.secret)) is not None:
                    got.append(opened)
                    assert told(refused) == (429, "too_many_open", "10")
                    assert (
                        "streams and waiting requests here, as many as others leave room for" in refused.json["detail"]
                    )
                    break
        asked = await door.ask()
        refused = await door.get(asked.json["id"], wait=LONG)  # of whichever sort

        assert got == [4, 2, 1, 1, 0]
        assert told(refused) == (429, "too_many_open", "10")


async def test_the_place_of_who_hung_up_is_free_before_its_handler_learns_of_it() -> None:
    """A stream would for a quarter of a minute refuse the same agents when they come again."""
    limiter, id, begun, end = ConnectionLimiter(max_connections=8), ids.new(), asyncio.Semaphore(0), asyncio.Event()
    concurrency = ConcurrencyLimiter(each=1, most=8, limiter=limiter)

    async def stays(request: web.Request) -> web.Response:
        with concurrency.one(request, id, Sort.STREAM) as is_held:
            begun.release()
            if is_held:
                await end.wait()
        return web.Response(status=200 if is_held else 429)

    app = web.Application()
    app.router.add_get("/", stays)
    async with serving.public(app, settings(port=0), limiter) as url, aiohttp.ClientSession() as http:
        for _ in range(3):
            hangs_up = asyncio.create_task(http.get(url))
            await begun.acquire()
            async with http.get(url) as refused:
                assert refused.status == 429
            await begun.acquire()
            hangs_up.cancel()
            async with asyncio.timeout(LONG):
                while limiter._kept:
                    await asyncio.sleep(0)
        staying = asyncio.create_task(http.get(url))
        await begun.acquire()
        end.set()
        async with await staying as stayed:
            assert stayed.status == 200
        async with http.get(url) as next_one:
            assert next_one.status == 200, "three that hung up give back three concurrency, not more or less"
        assert not concurrency._taken


async def _tried(stack: AsyncExitStack, door: Door, key: str) -> Reply | None:
    """Open a stream; the refusal, if it was not opened."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
    response = await stack.enter_async_context(door.http.get("/v1/events", headers=headers))
    return None if response.status == 200 else await stream(door, key=key)
