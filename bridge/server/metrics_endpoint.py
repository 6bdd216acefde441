"""Serves `/metrics`: the counters, and gauges that are read when Prometheus scrapes.

A scrape waits at most a second for the database. Without a database the page lacks only the gauges that come from it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Sized

from aiohttp import web
from prometheus_client import Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

import bridge
from bridge.loops.runner import Loop
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.server.degraded import Counts
from storage import backlog, errors
from storage.backlog import Backlog
from storage.model import Scope
from storage.pool import Database

PATH = "/metrics"
READ_INTERVAL = 10.0  # seconds between two reads of the database, however many scrapes, successful or not
NOTIFY_QUEUE_INTERVAL = 60.0  # seconds between two reads of the NOTIFY queue: reading takes a lock NOTIFY needs
DATABASE_SECONDS = 1.0  # for the database to answer; Prometheus waits for ten
LAG_INTERVAL = 0.25  # seconds between two measurements of the event loop's lag


class MetricsEndpoint(Collector):
    """The metrics of one replica; `served` returns the connections that the replica has a token for.

    `degraded` counts the connections that need an operator; None: that is not known.
    `clock` decides when the database is read again; its default is the time of the event loop.
    """

    def __init__(
        self,
        *,
        metrics: Metrics,
        pools: Mapping[str, Database],
        loops: Sequence[Loop],
        notifier: Notifier,
        streams: Sized,
        served: Callable[[], Sequence[Scope]],
        degraded: Callable[[], Awaitable[Counts | None]],
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._metrics = metrics
        self._pools = pools
        self._loops = loops
        self._notifier = notifier
        self._streams = streams
        self._served = served
        self._degraded = degraded
        self._began = _now()
        self._reading = asyncio.Lock()
        self._clock = clock or _now
        self._next_read = self._next_queue_read = float("-inf")
        self._backlog: Backlog | None = None
        self._queue_usage: float | None = None
        self._counts: Counts | None = None
        self._exposed = _WithoutCreated(metrics.registry, self, ProcessCollector(namespace="askbridge", registry=None))

    def routes(self) -> list[web.RouteDef]:
        """The route, which has a port of its own."""
        return [web.get(PATH, self._scrape)]

    async def measure_lag(self) -> None:
        """Record how late the event loop fires timers, until cancelled: code that blocks it delays every click."""
        while True:
            due = _now() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            self._metrics.lagged(max(0.0, _now() - due))

    def collect(self) -> Iterator[Metric]:
        """The gauges, as the client library requests them."""
        yield _gauge("build_info", "Always 1; which release this is.", {bridge.__version__: 1}, label="version")
        yield _gauge("waiting_agents", "Requests that wait for a question to change.", self._notifier.waiting)
        yield _gauge("streams", "Streams of events that are open.", len(self._streams))
        yield _gauge("connections", "Slack connections this replica has a token for.", len(self._served()))
        yield from self._of_loops()
        in_use = {name: pool.in_use for name, pool in self._pools.items()}
        limits = {name: pool.max_size for name, pool in self._pools.items()}
        yield _gauge("pool_connections_in_use", "Database connections in use.", in_use, label="pool")
        yield _gauge("pool_connections_most", "Maximum database connections.", limits, label="pool")
        yield from self._of_database()

    async def _scrape(self, request: web.Request) -> web.Response:
        async with self._reading:  # concurrent scrapes share one read
            await self._read_database()
            self._counts = await self._degraded() if self._backlog is not None else None
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._exposed), headers={"Content-Type": content_type})

    async def _read_database(self) -> None:
        if (now := self._clock()) < self._next_read:
            return
        with_notices = now >= self._next_queue_read
        try:
            self._backlog = await self._pools["replica"].insist(
                lambda runs: backlog.look(runs, self._served(), with_notices=with_notices), seconds=DATABASE_SECONDS
            )
        except errors.Unavailable:
            self._backlog = None
        else:
            if with_notices:
                self._queue_usage, self._next_queue_read = self._backlog.notices, now + NOTIFY_QUEUE_INTERVAL
        self._next_read = self._clock() + READ_INTERVAL

    def _of_loops(self) -> Iterator[Metric]:
        now = _now()
        ages: defaultdict[str, float] = defaultdict(float)
        failed: defaultdict[str, int] = defaultdict(int)
        for loop in self._loops:  # a loop may have several workers: report the one that is behind
            ages[loop.name] = max(ages[loop.name], now - (loop.passed_at or self._began))
            failed[loop.name] += loop.failed
        yield _gauge("loop_last_pass_age_seconds", "Time since a loop's last successful pass.", ages, label="loop")
        failures = CounterMetricFamily("askbridge_loop_failures", "Passes that failed.", labels=["loop"])
        for name, number in failed.items():
            failures.add_metric([name], number)
        yield failures

    def _of_database(self) -> Iterator[Metric]:
        """The gauges from the database; none while it is unavailable, since an alert on absence beats an old value."""
        yield _gauge("database_up", "Whether the last look into the database succeeded.", self._backlog is not None)
        if (current := self._backlog) is None:
            return
        ages = {
            "cards": current.cards_age or 0.0,
            "events": current.events_age or 0.0,
            "deliveries": current.deliveries_age or 0.0,
        }
        yield _gauge("outbox_age_seconds", "For how long the oldest task has been due.", ages, label="queue")
        yield _gauge(
            "pending_interactions", f"Open questions of all, counted up to {backlog.MAX_COUNTED}.", current.open
        )
        if (counts := self._counts) is not None:
            unserved, unclicked = counts.unserved, counts.unclicked
            yield _gauge("connections_unserved", "Connections whose cards wait and no replica can post.", unserved)
            yield _gauge("connections_never_clicked", "Connections of which no signed click ever came.", unclicked)
        if (usage := self._queue_usage) is not None:
            yield _gauge("notification_queue_usage_ratio", "Fill level of the server's NOTIFY queue.", usage)


class _WithoutCreated:
    """Collectors as one, without the `_created` series that the library adds to each counter, which double the page."""

    def __init__(self, *collectors: Collector) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        for collector in self._collectors:
            for metric in collector.collect():
                metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
                yield metric


def _gauge(name: str, meaning: str, value: float | Mapping[str, float], *, label: str | None = None) -> Metric:
    gauge = GaugeMetricFamily(f"askbridge_{name}", meaning, labels=[label] if label else None)
    for named, number in value.items() if isinstance(value, Mapping) else [(None, value)]:
        gauge.add_metric([named] if named is not None else [], float(number))
    return gauge


def _now() -> float:
    return asyncio.get_running_loop().time()
