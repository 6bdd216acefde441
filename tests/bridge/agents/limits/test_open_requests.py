"""The limit of open requests of an organization on a replica, and the refusal of the next one."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import aiohttp
from aiohttp import web

from bridge import ids
from bridge.agents.events.streams import StreamTimes
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.open_requests import ConcurrencyLimiter, OpenRequest
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
from tests.waiting import until

TWO: Limits = replace(FAR, open_requests=2)


async def stream(door: Door, **other: Any) -> Reply:
    """Request a stream that is refused."""
    async with asyncio.timeout(LONG):
        return await door.call("GET", "/v1/events", headers={"Accept": "text/event-stream"}, **other)


def refusal_of(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.slug, reply.headers["Retry-After"]


async def test_one_stream_too_many_is_told_which_limit_it_was_and_what_helps(db: Database) -> None:
    tenant, times = await build.tenant(db), StreamTimes(heartbeat=0.05)  # how a stream notices that its client went
    async with doors.door(db, tenant, limits=TWO, stream_times=times) as door, listening(door) as first:
        async with listening(door):
            refused = await stream(door)

            assert refusal_of(refused) == (429, "too_many_open", "10")
            assert refused.json["detail"] == (
                "Your organization has 2 streams open on this replica, which is its limit. One stream reports "
                "all questions: let your agents share it. Try again in 10 s."
            )
            neighbour = await build.tenant(db)
            async with listening(door, key=neighbour.secret):
                pass
        await until(lambda: len(door.streams), lambda number: number == 1)
        async with listening(door):  # instead of the one that ended
            asked = await door.ask()
            await number(door)
            assert (await first.event())["data"]["id"] == asked.json["id"]


async def test_one_wait_too_many_is_refused_and_every_look_is_answered(db: Database) -> None:
    async with doors.door(db, await build.tenant(db), limits=TWO) as door:
        asked, ended = (await door.ask()).json["id"], await door.ask()
        await door.click(ended.id)
        async with getting(door, asked) as first, getting(door, asked) as second:
            await until(lambda: door.notifier.waiting == 2)
            refused = await door.get(asked, wait=LONG)

            assert refusal_of(refused) == (429, "too_many_open", "10")
            assert refused.json["detail"].startswith("Your organization has 2 requests waiting on this replica")
            assert "One stream of GET /v1/events" in refused.json["detail"]
            assert [(await door.get(asked, wait=wait)).json["status"] for wait in (None, 0)] == ["pending"] * 2
            assert (await door.get(ended.json["id"], wait=LONG)).json["status"] == "answered"
            async with listening(door):  # streams are counted by themselves
                pass
            await door.cancel(asked)
            assert (await first).json["status"] == (await second).json["status"] == "cancelled"
        again = (await door.ask()).json["id"]
        async with getting(door, again) as reader:  # neither counts any more
            await door.cancel(again)
            assert (await reader).status == 200


async def test_who_asks_is_never_refused_for_it(db: Database) -> None:
    """The interaction is opened, and the response comes at once instead of after a wait."""
    tenant, limits = await build.tenant(db), replace(FAR, open_requests=1)
    async with doors.door(db, tenant, limits=limits, first_post_seconds=float(LONG)) as door:
        waiting = asyncio.create_task(door.ask(wait=LONG))
        await door.waiting()
        async with asyncio.timeout(LONG / 2):
            asked = await door.ask(wait=60)

        assert (asked.status, asked.json["status"]) == (201, "pending")
        assert await door.rows() == 2
        door.notifier.close()
        assert (await waiting).status == 201


async def test_a_replica_that_can_hold_few_still_admits_one_of_the_next_organization(db: Database) -> None:
    """Of eight requests the first organization may open four, the next two, then one each; and none is left."""
    tenants = [await build.tenant(db) for _ in range(5)]
    opened_by: list[int] = []
    async with doors.door(db, tenants[0], most=8) as door, AsyncExitStack() as stack:
        for tenant in tenants:
            for opened in range(8):
                if (refused := await _tried(stack, door, tenant.secret)) is not None:
                    opened_by.append(opened)
                    assert refusal_of(refused) == (429, "too_many_open", "10")
                    assert (
                        "streams and waiting requests on this replica, which has no capacity for more"
                        in refused.json["detail"]
                    )
                    break
        asked = await door.ask()
        refused = await door.get(asked.json["id"], wait=LONG)  # of either type

        assert opened_by == [4, 2, 1, 1, 0]
        assert refusal_of(refused) == (429, "too_many_open", "10")


async def test_a_request_whose_client_hung_up_stops_counting_before_its_handler_notices() -> None:
    """Else a stream would refuse the same agents for up to 15 s when they reconnect."""
    limiter, id, begun, end = ConnectionLimiter(max_connections=8), ids.new(), asyncio.Semaphore(0), asyncio.Event()
    concurrency = ConcurrencyLimiter(per_organization=1, max_open=8, limiter=limiter)

    async def stays(request: web.Request) -> web.Response:
        with concurrency.admit(request, id, OpenRequest.STREAM) as is_admitted:
            begun.release()
            if is_admitted:
                await end.wait()
        return web.Response(status=200 if is_admitted else 429)

    app = web.Application()
    app.router.add_get("/", stays)
    async with serving.public(app, settings(port=0), limiter) as listener, aiohttp.ClientSession() as http:
        for _ in range(3):
            hangs_up = asyncio.create_task(http.get(listener.url))
            await begun.acquire()
            async with http.get(listener.url) as refused:
                assert refused.status == 429
            await begun.acquire()
            hangs_up.cancel()
            await until(lambda: concurrency.count(OpenRequest.STREAM) == 0)
        staying = asyncio.create_task(http.get(listener.url))
        await begun.acquire()
        end.set()
        async with await staying as stayed:
            assert stayed.status == 200
        async with http.get(listener.url) as next_one:
            assert next_one.status == 200, "each of the three that hung up stopped counting once"
        assert concurrency.count(OpenRequest.STREAM) == 0


async def _tried(stack: AsyncExitStack, door: Door, key: str) -> Reply | None:
    """Request a stream; returns the refusal if it was refused."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
    response = await stack.enter_async_context(door.http.get("/v1/events", headers=headers))
    return None if response.status == 200 else await stream(door, key=key)
