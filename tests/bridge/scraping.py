"""A Prometheus of one's own: it fetches a replica's page over HTTP and reads it with the library's own parser."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bridge.loops.runner import Loop
from bridge.server.metrics_endpoint import PATH, MetricsEndpoint
from tests import canaries
from tests.bridge.replica import Replica


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one scrape told."""

    text: str
    families: dict[str, Metric]

    def value(self, name: str, **labels: str) -> float | None:
        """The value of exactly this series; None when it is not there."""
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
    async with http.get(url) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        assert answer.content_type == "text/plain"
    canaries.none_in(text, where="the metrics")
    return Page(text=text, families={family.name: family for family in text_string_to_metric_families(text)})


@dataclass(frozen=True, kw_only=True)
class Scraped:
    """A replica whose metrics are served."""

    scrape: MetricsEndpoint
    http: aiohttp.ClientSession
    url: str

    async def page(self) -> Page:
        return await page(self.http, self.url)


@asynccontextmanager
async def served(replica: Replica, *, loops: Sequence[Loop] = ()) -> AsyncIterator[Scraped]:
    """Serve the metrics of a replica that is made of parts."""
    scrape = MetricsEndpoint(
        metrics=replica.metrics,
        pools={"replica": replica.db, "claims": replica.claims},
        loops=loops,
        notifier=replica.notifier,
        streams=(),
        served=lambda: replica.installations.served,
    )
    app = web.Application()
    app.add_routes(scrape.routes())
    async with TestServer(app) as server:
        yield Scraped(scrape=scrape, http=replica.http, url=str(server.make_url(PATH)))
