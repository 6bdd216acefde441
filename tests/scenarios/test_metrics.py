"""Metrics of real replicas: an address each, on a port of its own, and what one does the other does not count."""

import asyncio

import pytest

from tests.bridge import scraping
from tests.bridge.scraping import Page
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


def total(pages: list[Page], what: str) -> float:
    return sum(page.value(f"cards_{what}_total") or 0 for page in pages)


async def test_each_replica_counts_what_it_did_itself(shared: Program) -> None:
    one, other = shared.facts["metrics_urls"]
    before = [await scraping.page(shared.http, url) for url in (one, other)]
    asked = await shared.posted(await shared.ask(replica=0))
    await shared.click(asked, "U0ANA", replica=1)
    await shared.settled(asked)

    async def pages() -> list[Page]:
        return [await scraping.page(shared.http, url) for url in (one, other)]

    # What is on the screen already is counted a moment later, when it is written back.
    after = await until(pages, lambda now: all(total(now, name) > total(before, name) for name in ("posted", "edited")))

    def more(replica: int, name: str, **labels: str) -> float:
        return (after[replica].value(name, **labels) or 0) - (before[replica].value(name, **labels) or 0)

    assert [more(replica, "interactions_opened_total") for replica in (0, 1)] == [1, 0]
    assert [more(replica, "clicks_total", verdict="won") for replica in (0, 1)] == [0, 1]
    assert [more(replica, "click_ack_seconds_count") for replica in (0, 1)] == [0, 1]
    for page in after:
        assert page.value("database_up") == page.value("connections") == 1
        woken = {"cards", "deliveries", "expiry", "things", "notes", "numbering", "fanout", "heard"}
        loops = {*woken, "watch", "card_fallback", "keys", "streams", "installation", "unheard", "serving", "retention"}
        families = page.families["askbridge_loop_last_pass_age_seconds"]
        assert {sample.labels["loop"] for sample in families.samples} == loops


async def test_nothing_else_is_at_that_address_nor_the_metrics_at_the_other(shared: Program) -> None:
    url = shared.facts["metrics_urls"][0]
    for path in ("/v1/interactions", "/slack/events", "/readyz", "/"):
        async with shared.http.get(url.removesuffix("/metrics") + path) as answer:
            assert answer.status == 404
    status, _ = await shared.call("GET", f"{shared.bridge(0)}/metrics")
    assert status == 404


async def test_an_agent_that_waits_is_seen_where_it_waits(shared: Program) -> None:
    asked = await shared.posted(await shared.ask())
    waiting = asyncio.create_task(shared.get(asked["id"], replica=1, wait=30))

    async def waits() -> float | None:
        return (await scraping.page(shared.http, shared.facts["metrics_urls"][1])).value("waiting_agents")

    await until(waits, lambda number: number == 1)
    await shared.click(asked, "U0ANA", replica=0)
    assert (await waiting)["status"] == "answered"
    await until(waits, lambda number: number == 0)
