"""The `/metrics` page: what it reads, how often it reads, and that it works without a database."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from asyncpg import Record
from prometheus_client.openmetrics import parser as openmetrics

import bridge
from bridge.loops import runner
from bridge.loops.runner import Loop
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.server.metrics_endpoint import (
    DATABASE_SECONDS,
    LAG_INTERVAL,
    NOTIFY_QUEUE_INTERVAL,
    READ_INTERVAL,
    MetricsEndpoint,
)
from sandbox.slack.server import Sandbox
from storage import connections, events, interactions
from storage.pool import Database
from tests import proxy
from tests.bridge import replica as replicas
from tests.bridge import scraping, virtual
from tests.bridge.replica import Counting, Replica
from tests.proxy import Weather
from tests.storage import build
from tests.storage.elapse import elapse


async def step() -> int:
    return 0


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_every_metric_is_ours_by_name_and_says_what_it_is(replica: Replica) -> None:
    async with scraping.served(replica, loops=[Loop(name="cards", step=step, interval=1.0)]) as scraped:
        page = await scraped.page()

    for family in page.families.values():
        assert family.name.startswith("askbridge_") and family.documentation.endswith("."), family.name
        for sample in family.samples:
            assert len(set(sample.labels) - {"le"}) <= 1, sample
            assert not re.search(r"(int|org|con|key)_[0-9a-z]{26}|[0-9a-f]{8}-", str(sample.labels)), sample
    assert not re.search(r"_created[{ ]", page.text), "the library's own series of when each was made"
    assert page.value("build_info", version=bridge.__version__) == 1


async def test_what_waits_is_told(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant)
    await elapse(replica.db, "cards", timedelta(seconds=40))
    await build.endpoint(replica.db, replica.tenant)
    await interactions.claim(replica.db, build.click(await build.question(replica.db, replica.tenant)))
    await events.number(replica.db)
    await replica.db.fetch("update events set position = null")
    await elapse(replica.db, "events", timedelta(seconds=50))
    await elapse(replica.db, "deliveries", timedelta(seconds=70))
    async with scraping.served(replica) as scraped:
        with replica.notifier.watching(question.organization_id, question.id):
            page = await scraped.page()

    assert page.value("waiting_agents") == 1
    assert page.value("connections") == 1
    assert page.value("pending_interactions") == 1
    ages = page.all("outbox_age_seconds")
    assert ages == {
        "cards": pytest.approx(40, abs=10),
        "events": pytest.approx(50, abs=10),
        "deliveries": pytest.approx(70, abs=10),
    }
    assert page.value("notification_queue_usage_ratio") == pytest.approx(0, abs=0.5)
    assert page.value("database_up") == 1


async def test_a_pool_tells_how_many_of_its_connections_are_held(replica: Replica) -> None:
    async with scraping.served(replica) as scraped, replica.claims.acquire(), replica.claims.acquire():
        page = await scraped.page()

    assert page.all("pool_connections_in_use") == {"claims": 2}
    assert page.all("pool_connections_most") == {"replica": 10, "claims": 4}


class CountingReads(Counting):
    """A pool that records the arguments of each read for the page."""

    def __init__(self, whole: Database) -> None:
        super().__init__(whole)
        self.reads: list[tuple[Any, ...]] = []

    async def fetch_within(self, query: str, *args: Any, seconds: float) -> list[Record]:
        self.reads.append(args)
        return await super().fetch_within(query, *args, seconds=seconds)

    @property
    def queue_reads(self) -> int:
        """How many of the reads included the NOTIFY queue, which only a boolean argument says."""
        return sum(any(arg is True for arg in args) for args in self.reads)


async def test_however_often_it_is_asked_it_looks_rarely(replica: Replica) -> None:
    replica.db = counting = CountingReads(replica.db)
    async with scraping.served(replica) as scraped:
        await asyncio.gather(*(scraped.page() for _ in range(8)))
        assert len(counting.reads) == 2, "one for the backlog, one for what is degraded"

        scraped.elapsed += READ_INTERVAL
        page = await scraped.page()
        assert len(counting.reads) == 4
        assert page.value("notification_queue_usage_ratio") is not None, "the last value is shown until the next read"


async def test_a_prometheus_of_today_is_given_the_format_it_asks_for(replica: Replica) -> None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"}
    async with (
        scraping.served(replica) as scraped,
        scraped.http.get(scraped.url, headers=accept) as response,
    ):
        assert response.content_type == "application/openmetrics-text"
        families = list(openmetrics.text_string_to_metric_families(await response.text()))  # type: ignore[no-untyped-call]

    assert {"askbridge_clicks", "askbridge_database_up"} <= {family.name for family in families}


async def test_without_a_database_all_else_is_told_at_once(slack: Sandbox, dsn: str) -> None:
    async with (
        proxy.before(dsn) as (way, through),
        replicas.running(slack, through) as replica,
        scraping.served(replica) as scraped,
    ):
        assert (await scraped.page()).value("database_up") == 1
        way.weather = Weather.BLACK_HOLE
        scraped.elapsed += READ_INTERVAL
        began = now()
        page = await scraped.page()
        took = now() - began
        again = now()
        await scraped.page()

        assert took < DATABASE_SECONDS + 0.5
        assert now() - again < 0.5, "only one scrape waits for a failed read"
        assert page.value("database_up") == 0 and page.value("connections") == 1
        for gone in (
            "outbox_age_seconds",
            "pending_interactions",
            "connections_unserved",
            "notification_queue_usage_ratio",
        ):
            assert f"askbridge_{gone}" not in page.text
        way.weather = Weather.FAIR
        await way.cut()
        scraped.elapsed += READ_INTERVAL
        assert (await scraped.page()).value("database_up") == 1


async def test_a_loop_that_is_behind_or_fails_is_seen(replica: Replica) -> None:
    stopping = asyncio.Event()

    async def fail() -> int:
        stopping.set()
        raise RuntimeError

    loops = [
        Loop(name="cards", step=step, interval=1.0, passed_at=now() - 5),
        Loop(name="cards", step=step, interval=1.0, passed_at=now() - 50),
        Loop(name="expiry", step=fail, interval=1.0),
    ]
    async with scraping.served(replica, loops=loops) as scraped:
        await runner.run(loops[2], stopping)
        page = await scraped.page()

    assert page.value("loop_last_pass_age_seconds", loop="cards") == pytest.approx(50, abs=5)
    assert page.value("loop_last_pass_age_seconds", loop="expiry") == pytest.approx(0, abs=5)
    assert page.all("loop_failures_total") == {"expiry": 1}


async def unknown() -> None:
    """What is degraded, without a database."""


async def test_connections_that_need_an_operator_are_counted(replica: Replica) -> None:
    await build.question(replica.db, replica.tenant)
    async with scraping.served(replica) as scraped:
        page = await scraped.page()
        assert page.value("connections_unserved") == 1 and page.value("connections_never_clicked") == 1
        await build.serve(replica.db, replica.tenant)
        await connections.note_click(replica.db, replica.tenant.scope)
        scraped.elapsed += READ_INTERVAL
        page = await scraped.page()
        assert page.value("connections_unserved") == 0 and page.value("connections_never_clicked") == 0


def test_an_event_loop_that_is_blocked_is_seen() -> None:
    metrics = Metrics()

    async def block() -> None:
        endpoint = MetricsEndpoint(
            metrics=metrics,
            pools={},
            loops=(),
            notifier=Notifier(),
            streams=(),
            served=lambda: (),
            degraded=unknown,
        )
        measuring = asyncio.create_task(endpoint.measure_lag())
        await asyncio.sleep(0)
        virtual.block(LAG_INTERVAL + 0.2)
        await asyncio.sleep(LAG_INTERVAL / 2)
        measuring.cancel()

    virtual.run(block)

    assert metrics.registry.get_sample_value("askbridge_event_loop_lag_seconds_count") == 1
    assert metrics.registry.get_sample_value("askbridge_event_loop_lag_seconds_sum") == pytest.approx(0.2)


async def test_the_queue_of_notices_is_asked_more_rarely_still(replica: Replica) -> None:
    assert NOTIFY_QUEUE_INTERVAL > READ_INTERVAL
    replica.db = counting = CountingReads(replica.db)
    async with scraping.served(replica) as scraped:
        await scraped.page()
        assert counting.queue_reads == 1
        scraped.elapsed += READ_INTERVAL
        await scraped.page()
        assert (len(counting.reads), counting.queue_reads) == (4, 1)
        scraped.elapsed += NOTIFY_QUEUE_INTERVAL
        await scraped.page()
        assert (len(counting.reads), counting.queue_reads) == (6, 2)
