"""An endpoint that is deleted through agents' door while the delivery loop calls it: what is under way is the last."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge import ids
from storage import deliveries, pool, webhook_endpoints
from storage.model import WebhookEndpoint
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.loops.delivering import Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receivers.receiver() as running:
        running.gate = asyncio.Event()
        yield running


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Database]:
    """Another replica's pool on the same database."""
    async with pool.connect(dsn, name="other", size=2) as database:
        yield database


@pytest.fixture
async def door(loop: Loop) -> AsyncIterator[Door]:
    async with doors.door(loop.db, loop.tenant) as running:
        yield running


def place(endpoint: WebhookEndpoint) -> str:
    return f"/v1/webhook_endpoints/{ids.encode('whe', endpoint.id)}"


async def rows(loop: Loop) -> list[tuple[str, str]]:
    """What became of every delivery, and why."""
    found = await loop.db.fetch("select status, outcome from deliveries order by event_id")
    return [(row["status"], row["outcome"]["detail"]) for row in found]


UNSENT = ("dead", "the endpoint was deleted before delivery")


@pytest.mark.parametrize(
    ("status", "became"),
    [(204, ("delivered", "HTTP 204")), (503, ("dead", "the endpoint was disabled before delivery"))],
)
async def test_calls_under_way_end_as_they_would_have_and_are_the_last(
    loop: Loop, there: Receiver, door: Door, status: int, became: tuple[str, str]
) -> None:
    endpoint = await loop.endpoint(f"{there.url}{there.slow}")
    other = await loop.endpoint(f"{there.url}/other", types=["interaction.cancelled"])
    for _ in range(5):
        await loop.answered()
    there.status = status
    await loop.deliveries.step()
    await there.until(deliveries.IN_FLIGHT)

    assert (await door.call("DELETE", place(endpoint))).status == 204
    assert there.gate is not None
    there.gate.set()
    await loop.deliveries.in_hand()
    await loop.answered()
    await loop.pass_time(3_600)
    await loop.settle()

    assert len(there.calls) == deliveries.IN_FLIGHT, "no call was begun after the answer"
    assert await rows(loop) == [became] * 2 + [UNSENT] * 3
    assert (await door.call("GET", place(endpoint))).status == 404
    assert (await door.call("GET", place(other))).json["status"] == "active"


async def test_whatever_is_asked_of_it_afterwards_is_asked_of_nothing(loop: Loop, there: Receiver, door: Door) -> None:
    endpoint = await loop.endpoint(there.url)
    await loop.answered()
    await door.call("DELETE", place(endpoint))

    again = [await door.call("GET", f"{place(endpoint)}/deliveries"), await door.call("DELETE", place(endpoint))]
    changes = ("disable", "enable", "rotate_secret", "test", "replay")
    again += [await door.call("POST", f"{place(endpoint)}/{what}") for what in changes]

    assert {(reply.status, reply.slug) for reply in again} == {(404, "not_found")}
    assert (await door.call("GET", "/v1/webhook_endpoints")).json["items"] == []
    await loop.settle()
    assert there.calls == []


async def test_it_is_gone_though_what_waits_for_it_cannot_be_given_up_in_time(
    loop: Loop, there: Receiver, door: Door, other: Database
) -> None:
    endpoint = await loop.endpoint(there.url)
    await loop.answered()
    async with other.acquire() as held, held.transaction():
        await held.execute("lock table deliveries in exclusive mode")
        assert (await door.call("DELETE", place(endpoint))).status == 204

    await loop.settle()

    assert await rows(loop) == [("dead", "the endpoint was disabled before delivery")]
    assert there.calls == []


async def test_its_place_among_those_there_may_be_is_free(loop: Loop, door: Door) -> None:
    made = [await loop.endpoint("https://hooks.example.com/") for _ in range(webhook_endpoints.MAX_ACTIVE)]
    sent = {"url": "https://hooks.example.com/"}
    full = await door.call("POST", "/v1/webhook_endpoints", json=sent)

    assert full.slug == "endpoint_conflict" and "delete one first" in full.json["detail"]
    assert (await door.call("DELETE", place(made[0]))).raw == b""
    assert (await door.call("POST", "/v1/webhook_endpoints", json=sent)).status == 201
