"""Health checks: whether the process runs, and whether it can do its work."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bridge import ids
from bridge.loops import runner
from bridge.loops.runner import Loop
from bridge.server.degraded import READ_INTERVAL, Counts, Degraded
from bridge.server.health import DATABASE_SECONDS, Health
from bridge.server.stopping import Stopping
from bridge.slack.connections import TOKEN_NOT_SET
from storage import connections, pool, serving
from storage.pool import Database
from tests import proxy
from tests.proxy import Weather
from tests.storage import build
from tests.storage.elapse import elapse


async def step() -> int:
    return 0


def now() -> float:
    return asyncio.get_running_loop().time()


def loop(name: str, *, passed_at: float | None) -> Loop:
    return Loop(name=name, step=step, interval=1.0, passed_at=passed_at)


@asynccontextmanager
async def served(db: Database, *loops: Loop) -> AsyncIterator[tuple[Stopping, "HealthClient"]]:
    stopping = Stopping()
    health = Health(
        db=db,
        loops=loops,
        stopping=stopping,
        degraded=Degraded(
            db=db, wrong_signatures=lambda: 0, token_failure=lambda: None, clock=itertools.count(0.0, 60.0).__next__
        ),
    )
    app = web.Application()
    app.add_routes(health.routes())
    async with TestClient(TestServer(app)) as http:
        yield stopping, HealthClient(http)


class HealthClient:
    def __init__(self, http: TestClient[web.Request, web.Application]) -> None:
        self._http = http

    async def ready(self) -> tuple[int, Any]:
        async with self._http.get("/readyz") as response:
            text = await response.text()
            assert not re.search(r"127\.0\.0\.1|askbridge:|postgresql://", text)
            return response.status, await response.json()

    async def alive(self) -> int:
        async with self._http.get("/healthz") as response:
            assert await response.json() == {"status": "ok"}
            return response.status


async def test_a_replica_that_can_do_its_work_is_ready(db: Database) -> None:
    async with served(db, loop("cards", passed_at=now())) as (_, client):
        assert await client.ready() == (200, {"status": "ok", "checks": {"database": "ok", "loops": "ok"}})
        assert await client.alive() == 200


async def test_without_its_schema_it_is_not_ready_and_says_what_to_run(empty_dsn: str) -> None:
    async with pool.connect(empty_dsn, name="test", size=1) as db, served(db) as (_, client):
        status, body = await client.ready()

        assert (status, body["status"]) == (503, "not ready")
        assert "run `askbridge migrate`" in body["checks"]["database"]
        assert await client.alive() == 200


async def test_it_stays_ready_when_the_next_release_migrates(db: Database) -> None:
    """Else an upgrade, which begins with migrating, would leave no replica to take clicks until one is new."""
    async with served(db) as (_, client):
        assert (await client.ready())[0] == 200
        await db.fetch("insert into migrations (version, name) values (9999, 'of_tomorrow')")

        assert (await client.ready())[0] == 200


async def test_without_its_database_it_is_not_ready_and_still_alive(db: Database) -> None:
    async with served(db) as (_, client):
        await db.close()
        status, body = await client.ready()

        assert status == 503
        assert body["checks"]["database"] == "unavailable (InterfaceError)"
        assert await client.alive() == 200


async def test_a_database_that_is_silent_is_not_waited_for_long(dsn: str) -> None:
    async with (
        proxy.before(dsn) as (way, through),
        pool.connect(through, name="far", size=1) as db,
        served(db) as (_, client),
    ):
        way.weather = Weather.BLACK_HOLE
        began = now()

        assert (await client.ready())[0] == 503
        assert now() - began < DATABASE_SECONDS + 0.5
        await way.cut()


async def test_a_loop_that_is_stuck_is_named(db: Database) -> None:
    loops = [
        loop("cards", passed_at=now() - 61),
        loop("expiry", passed_at=now() - 59),
        loop("watch", passed_at=None),
    ]
    async with served(db, *loops) as (_, client):
        status, body = await client.ready()

        assert status == 503
        assert body["checks"] == {"database": "ok", "loops": "no successful pass lately: cards, watch"}


async def test_a_loop_counts_from_its_first_good_pass(db: Database) -> None:
    stopping, broken = asyncio.Event(), True

    async def once() -> int:
        stopping.set()
        if broken:
            raise RuntimeError
        return 0

    cards = Loop(name="cards", step=once, interval=0.0)
    async with served(db, cards) as (_, client):
        await runner.run(cards, stopping)
        assert (await client.ready())[0] == 503

        broken = False
        stopping.clear()
        await runner.run(cards, stopping)
        assert (await client.ready())[0] == 200


async def test_a_replica_that_stops_takes_no_more(db: Database) -> None:
    async with served(db) as (stopping, client):
        stopping.request()
        status, body = await client.ready()

        assert (status, body["checks"]["process"]) == (503, "is stopping")
        assert await client.alive() == 200


async def test_cards_without_a_replica_that_can_post_are_named_and_it_stays_ready(db: Database) -> None:
    """Clicks need no token. Shelved or not, and only while the connection is active."""
    tenant = await build.tenant(db)
    connection = ids.encode("con", tenant.scope.connection_id)
    await connections.note_click(db, tenant.scope)
    async with served(db) as (_, client):
        assert "degraded" not in (await client.ready())[1], "no card waits"
        await build.question(db, tenant)
        status, body = await client.ready()

        assert (status, body["status"]) == (200, "ok")
        ((code, named, detail),) = [(one["code"], one["connection"], one["detail"]) for one in body["degraded"]]
        assert (code, named) == ("token_missing", connection) and detail.startswith("1 card waits, and no replica ")
        for _ in range(2):
            await serving.shelve(db, reason={}, new_id=ids.new)
        assert (await client.ready())[1]["degraded"] == body["degraded"]
        await serving.renew(db, [tenant.scope])
        assert "degraded" not in (await client.ready())[1]
        await elapse(db, "serving", timedelta(seconds=serving.SECONDS))
        assert (await client.ready())[1]["degraded"] == body["degraded"]
        await db.fetch("update connections set disabled_at = now()")
        assert "degraded" not in (await client.ready())[1], "an operator wants it so"


async def test_it_tells_that_no_signed_click_ever_came_whichever_replica_would_have_got_it(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    await build.serve(db, tenant)
    async with served(db) as (_, client):
        status, body = await client.ready()
        assert status == 200
        assert {(one["code"], one["connection"]) for one in body["degraded"]} == {
            ("never_clicked", ids.encode("con", each.scope.connection_id)) for each in (tenant, other)
        }
        assert all("askbridge doctor --click" in one["fix"] for one in body["degraded"])

        await connections.note_click(db, tenant.scope)
        ((named),) = [one["connection"] for one in (await client.ready())[1]["degraded"]]
        assert named == ids.encode("con", other.scope.connection_id)


def test_a_replica_without_a_token_is_told_which_setting_to_set(db: Database) -> None:
    degraded = Degraded(db=db, wrong_signatures=lambda: 0, token_failure=lambda: TOKEN_NOT_SET)
    (finding,) = degraded.of_this_replica()
    assert finding["code"] == "replica_without_token" and "ASKBRIDGE_SLACK_BOT_TOKEN is not set" in finding["detail"]


async def test_what_is_degraded_is_read_once_in_ten_seconds(db: Database) -> None:
    elapsed = 0.0
    degraded = Degraded(db=db, wrong_signatures=lambda: 0, token_failure=lambda: None, clock=lambda: elapsed)
    assert await degraded.of_connections() == []
    await build.tenant(db)

    assert await degraded.of_connections() == [] and await degraded.counts() == Counts(unserved=0, unclicked=0)
    elapsed = READ_INTERVAL
    assert await degraded.counts() == Counts(unserved=0, unclicked=1)
    await db.close()
    elapsed *= 2
    assert await degraded.of_connections() is None and await degraded.counts() is None
