"""What `/metrics` shows: what was counted, and what is looked up when Prometheus asks.

Nothing here is waited for long. Without a database everything is told but what only the database knows.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Any

from aiohttp import web
from prometheus_client import Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

import bridge
from bridge.loops.runner import Loop
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import backlog, errors
from storage.backlog import Backlog
from storage.model import Scope
from storage.pool import Database

PATH = "/metrics"
LOOK_SECONDS = 10.0  # between two looks into the database, however many ask, whether it answered or not
NOTICES_SECONDS = 60.0  # between two looks at the queue of notices, which takes a lock that every NOTIFY needs
_PATIENCE = 1.0  # seconds for the database to answer; Prometheus waits for ten
_LAG_INTERVAL = 0.25


class Scrape(Collector):
    """One replica as Prometheus sees it; `served` tells for which connections it can post."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        pools: Mapping[str, Database],
        loops: Sequence[Loop],
        wake: Wake,
        streams: Sized,
        served: Callable[[], Sequence[Scope]],
    ) -> None:
        self._metrics = metrics
        self._pools = pools
        self._loops = loops
        self._wake = wake
        self._streams = streams
        self._served = served
        self._began = _now()
        self._looking = asyncio.Lock()
        self._look_at = self._notices_at = float("-inf")  # when the next look is due
        self._seen: Backlog | None = None
        self._notices: float | None = None
        metrics.registry.register(self)
        ProcessCollector(namespace="askbridge", registry=metrics.registry)

    def routes(self) -> list[web.RouteDef]:
        """The one route, on a port of its own."""
        return [web.get(PATH, self._scraped)]

    async def measure_lag(self) -> None:
        """Count for ever how late the event loop is: whatever runs too long in it makes every click wait."""
        while True:
            due = _now() + _LAG_INTERVAL
            await asyncio.sleep(_LAG_INTERVAL)
            self._metrics.lagged(max(0.0, _now() - due))

    def collect(self) -> Iterator[Metric]:
        """What is looked up, as the client library asks for it."""
        yield _gauge("build_info", "Always 1; which release this is.", {bridge.__version__: 1}, label="version")
        yield _gauge("waiting_agents", "Requests that wait for a question to change.", self._wake.waiting)
        yield _gauge("streams", "Streams of events that are open.", len(self._streams))
        yield _gauge("connections", "Slack connections this replica has a token for.", len(self._served()))
        yield from self._of_loops()
        in_use = {name: pool.in_use for name, pool in self._pools.items()}
        most = {name: pool.max_size for name, pool in self._pools.items()}
        yield _gauge("pool_connections_in_use", "Database connections somebody holds.", in_use, label="pool")
        yield _gauge("pool_connections_most", "Database connections there can be.", most, label="pool")
        yield from self._of_database()

    async def _scraped(self, request: web.Request) -> web.Response:
        async with self._looking:  # so that two who ask at once cost one look
            await self._look()
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(_Undated(self._metrics.registry)), headers={"Content-Type": content_type})

    async def _look(self) -> None:
        if (now := _now()) < self._look_at:
            return
        with_notices = now >= self._notices_at
        try:
            self._seen = await self._pools["replica"].insist(
                lambda runs: backlog.look(runs, self._served(), with_notices=with_notices), seconds=_PATIENCE
            )
        except errors.Unavailable:
            self._seen = None
        else:
            if with_notices:
                self._notices, self._notices_at = self._seen.notices, now + NOTICES_SECONDS
        self._look_at = _now() + LOOK_SECONDS

    def _of_loops(self) -> Iterator[Metric]:
        now = _now()
        ages: defaultdict[str, float] = defaultdict(float)
        failed: defaultdict[str, int] = defaultdict(int)
        for loop in self._loops:  # some have several workers: the one that is behind is the one to know of
            ages[loop.name] = max(ages[loop.name], now - (loop.passed_at or self._began))
            failed[loop.name] += loop.failed
        yield _gauge("loop_last_pass_age_seconds", "Since a loop's last good pass.", ages, label="loop")
        failures = CounterMetricFamily("askbridge_loop_failures", "Passes that failed.", labels=["loop"])
        for name, number in failed.items():
            failures.add_metric([name], number)
        yield failures

    def _of_database(self) -> Iterator[Metric]:
        """Nothing rather than something old: an alert on what is missing says more."""
        yield _gauge("database_up", "Whether the last look into the database succeeded.", self._seen is not None)
        if (seen := self._seen) is None:
            return
        ages = {
            "cards": seen.cards_age or 0.0,
            "events": seen.events_age or 0.0,
            "deliveries": seen.deliveries_age or 0.0,
        }
        yield _gauge("outbox_age_seconds", "For how long the oldest duty has been due.", ages, label="queue")
        yield _gauge("pending_interactions", f"Open questions of all, counted up to {backlog.MAX_COUNTED}.", seen.open)
        if self._notices is not None:
            yield _gauge("notification_queue_usage_ratio", "How full the server's NOTIFY queue is.", self._notices)


class _Undated:
    """A registry without the library's time series of when each counter was made, which double the page."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _gauge(name: str, meaning: str, value: float | Mapping[str, float], *, label: str | None = None) -> Metric:
    gauge = GaugeMetricFamily(f"askbridge_{name}", meaning, labels=[label] if label else None)
    for named, number in value.items() if isinstance(value, Mapping) else [(None, value)]:
        gauge.add_metric([named] if named is not None else [], float(number))
    return gauge


def _now() -> float:
    return asyncio.get_running_loop().time()
