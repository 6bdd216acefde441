"""Every error behind the routes becomes a problem on which an agent can act."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bridge.agents.http.deadline import within
from bridge.agents.http.problem_details import problem_details
from bridge.representation import interaction
from storage import errors, pool
from storage.pool import Database
from tests import proxy
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, Reply
from tests.proxy import Proxy, Weather
from tests.storage import build
from tests.storage.build import Tenant


async def test_there_is_nothing_at_an_unknown_path(door: Door) -> None:
    paths = [
        "/",
        "/v1",
        "/v1/interactions/",
        "/v2/interactions",
        "/v1/interactions/x/y",
        "/%00%ff%0a",
        "/" + "x" * 7000,
    ]
    for path in paths:
        for key in (None, door.tenant.secret):
            reply = await door.call("GET", path, key=key)

            assert (reply.status, reply.slug) == (404, "not_found")
            assert "/openapi.json" in reply.json["detail"] and len(reply.raw) < 600


async def test_another_method_is_told_which_there_are(door: Door) -> None:
    tried = [
        ("DELETE", "/v1/interactions", "GET, HEAD, POST"),
        ("GET", "/v1/interactions/int_x/cancel", "POST"),
        ("POST", "/v1/interactions/int_x", "GET, HEAD"),
        ("PUT", "/v1/interactions/int_x/timeline", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("PROPFIND", "/openapi.json", "GET, HEAD"),
    ]
    for method, path, allowed in tried:
        reply = await door.call(method, path)

        assert (reply.status, reply.slug, reply.headers["Allow"]) == (405, "method_not_allowed", allowed)
        assert f"{path} takes {allowed}, not {method}" in reply.json["detail"]


class TestWithoutADatabase:
    """503 in time, never a 2xx, and never a hint of the database's address."""

    async def test_closed(self, door: Door) -> None:
        asked = await door.ask()
        await door.db.close()

        await all_unavailable(door, asked.json["id"])

    async def test_refused(self, dsn: str, db: Database) -> None:
        async with far(dsn, await build.tenant(db)) as (way, door):
            asked = await door.ask()
            await way.refuse()

            await all_unavailable(door, asked.json["id"])

    async def test_silent(self, dsn: str, db: Database) -> None:
        async with far(dsn, await build.tenant(db)) as (way, door):
            asked = await door.ask()
            way.weather = Weather.BLACK_HOLE

            await all_unavailable(door, asked.json["id"])
            await way.cut()

    async def test_silent_while_a_request_waits(self, dsn: str, db: Database) -> None:
        async with far(dsn, await build.tenant(db)) as (way, door):
            asked = await door.ask()
            reader = asyncio.create_task(door.get(asked.json["id"], wait=60))
            await door.waiting()
            way.weather = Weather.BLACK_HOLE
            door.notifier.interaction_changed(door.tenant.scope.organization_id, asked.id)

            async with asyncio.timeout(3.0):
                unavailable(await reader)
            await way.cut()

    async def test_silent_right_after_the_question_was_written(self, dsn: str, db: Database) -> None:
        """The interaction is stored: with any other response the agent would create it again."""
        async with far(dsn, await build.tenant(db)) as (way, door):
            asking = asyncio.create_task(door.ask(wait=3))
            await door.waiting()
            way.weather = Weather.BLACK_HOLE

            asked = await asking
            await way.cut()
        assert (asked.status, asked.json["status"]) == (201, "pending")
        assert [card["status"] for card in asked.json["cards"]] == ["queued"]
        (row,) = await db.fetch("select id, expires_at from interactions")
        assert row["id"] == asked.id
        assert asked.json["expires_at"] == interaction.moment(row["expires_at"])

    async def test_read_only(self, door: Door, dsn: str) -> None:
        asked = await door.ask()
        name = (await door.db.fetch("select current_database() as name"))[0]["name"]
        await door.db.fetch(f"alter database {name} set default_transaction_read_only = on")
        async with (
            pool.connect(dsn, name="after", size=2) as after,
            doors.door(after, door.tenant, serves=False) as replica,
        ):
            unavailable(await replica.ask())
            assert (await replica.get(asked.json["id"])).status == 200

    async def test_and_with_it_again_everything_goes_on(self, door: Door) -> None:
        asked = await door.ask()
        for _ in range(5):
            await door.db.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
            replies = await asyncio.gather(*(door.get(asked.json["id"]) for _ in range(20)))
            for reply in replies:
                assert reply.status in {200, 503}
        assert (await door.get(asked.json["id"])).status == 200


@asynccontextmanager
async def far(dsn: str, tenant: Tenant) -> AsyncIterator[tuple[Proxy, Door]]:
    """A replica that reaches its database through a proxy, which a test can disturb."""
    async with (
        proxy.before(dsn) as (way, through),
        pool.connect(through, name="far", size=4) as db,
        doors.door(db, tenant) as door,
    ):
        yield way, door


async def all_unavailable(door: Door, id: str) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    replies = await asyncio.gather(
        door.ask(),
        door.ask(wait=60, idempotency="k"),
        door.get(id, wait=60),
        door.call("GET", f"/v1/interactions/{id}/timeline"),
        door.call("GET", "/v1/interactions"),
        door.call("POST", f"/v1/interactions/{id}/cancel"),
    )

    assert clock() - began < 3.0
    for reply in replies:
        unavailable(reply)


def unavailable(reply: Reply) -> None:
    assert (reply.status, reply.slug) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) <= 5
    assert "Try again" in reply.json["detail"]
    assert not re.search(rb"127\.0\.0\.1|asyncpg|Error|5432|postgres", reply.raw)


async def test_a_mistake_of_ours_is_told_and_logged_without_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError(request.query["token"])

    app = web.Application(middlewares=[problem_details])
    app.router.add_get("/broken", broken)
    async with TestClient(TestServer(app)) as http, http.get("/broken?token=xoxb-secret") as response:
        sent = await response.text()

    assert (response.status, response.content_type) == (500, "application/problem+json")
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    event = record.msg
    assert isinstance(event, dict) and event["event"] == "request_failed"
    assert "xoxb-secret" not in sent + str(vars(record))
    assert event["where"].endswith(" broken")


class TestWithin:
    async def test_gives_what_the_work_gives(self) -> None:
        async def work() -> int:
            return 7

        assert await within(work()) == 7

    async def test_passes_on_what_the_work_raises(self) -> None:
        async def work() -> int:
            raise KeyError

        with pytest.raises(KeyError):
            await within(work())

    async def test_does_not_wait_for_what_cannot_be_cancelled(self) -> None:
        freed, ended = asyncio.Event(), asyncio.Event()

        async def frozen() -> None:
            try:
                await freed.wait()
            except asyncio.CancelledError:
                await freed.wait()
                ended.set()
                raise RuntimeError from None

        with pytest.raises(errors.Unavailable):
            await within(frozen(), seconds=0.01)
        freed.set()
        await ended.wait()

    async def test_is_cancelled_with_its_caller(self) -> None:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        task = asyncio.create_task(within(work()))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})

        await cancelled.wait()
        assert task.cancelled()
