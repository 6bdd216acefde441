"""Scrapes the metrics of a replica over HTTP and reads them with the parser of the Prometheus client library."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bridge.loops.runner import Loop
from bridge.server.degraded import Degraded
from bridge.server.metrics_endpoint import PATH, MetricsEndpoint
from tests import canaries
from tests.bridge.replica import Replica


@dataclass(frozen=True, kw_only=True)
class Page:
    """The metrics of one scrape."""

    text: str
    families: dict[str, Metric]

    def value(self, name: str, **labels: str) -> float | None:
        """The value of exactly this series; None if the page has no such series."""
        for family in self.families.values():
            for sample in family.samples:
                if sample.name == f"askbridge_{name}" and sample.labels == labels:
                    return sample.value
        return None

    def all(self, name: str) -> dict[str, float]:
        """Every series of a name that is not zero, by the value of its one label."""
        samples = [sample for family in self.families.values() for sample in family.samples]
        return {
            "".join(sample.labels.values()): sample.value
            for sample in samples
            if sample.name == f"askbridge_{name}" and sample.value
        }


async def page(http: aiohttp.ClientSession, url: str) -> Page:
    """Scrape once."""
    async with http.get(url) as response:
        text = await response.text()
        assert response.status == 200, text
        assert response.content_type == "text/plain"
    canaries.none_in(text, where="the metrics")
    return Page(text=text, families={family.name: family for family in text_string_to_metric_families(text)})


@dataclass(kw_only=True)
class Scraped:
    """A replica whose metrics are served; `elapsed` seconds are added to the clock of the endpoint."""

    http: aiohttp.ClientSession
    url: str = ""
    elapsed: float = 0.0

    def now(self) -> float:
        return asyncio.get_running_loop().time() + self.elapsed

    async def page(self) -> Page:
        return await page(self.http, self.url)


@asynccontextmanager
async def served(replica: Replica, *, loops: Sequence[Loop] = ()) -> AsyncIterator[Scraped]:
    """Serve the metrics of a replica that a test built from its parts."""
    scraped = Scraped(http=replica.http)
    endpoint = MetricsEndpoint(
        metrics=replica.metrics,
        pools={"replica": replica.db, "claims": replica.claims},
        loops=loops,
        notifier=replica.notifier,
        streams=(),
        served=lambda: replica.installations.served,
        degraded=Degraded(
            db=replica.db, wrong_signatures=lambda: 0, token_failure=lambda: None, clock=scraped.now
        ).counts,
        clock=scraped.now,
    )
    app = web.Application()
    app.add_routes(endpoint.routes())
    async with TestServer(app) as server:
        scraped.url = str(server.make_url(PATH))
        yield scraped
