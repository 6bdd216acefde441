"""A deleted endpoint: gone for its organization, without blocking or failing a statement that saw it just before."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from storage import deliveries, events, interactions, webhook_endpoints
from storage.model import DeliveryStatus, Interaction, Json, Verdict, WebhookEndpoint
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.faults import admin, until_waiting
from tests.storage.moments import RaceDelay
from tests.waiting import pause

SECONDS = 1.0  # in which a claim is confirmed although another transaction has not committed yet
AHEAD = 0.002
OUTCOME: Json = {"status": None, "detail": "the endpoint was deleted"}


async def won(db: Database, question: Interaction, *, seconds: float = SECONDS) -> None:
    claimed = await interactions.claim(db, build.click(question), seconds=seconds)
    assert claimed.verdict is Verdict.WON
    await events.number(db)


async def deleted(db: Database, one: WebhookEndpoint) -> bool:
    return await webhook_endpoints.delete(db, one.organization_id, one.id)


async def until_a_backend_waits(dsn: str) -> None:
    async with admin(dsn) as operator:
        await until_waiting(operator)


async def statuses(db: Database) -> list[str]:
    return [row["status"] for row in await db.fetch("select status from deliveries")]


async def test_what_is_deleted_is_not_there_for_any_statement(db: Database, tenant: Tenant) -> None:
    one = await build.endpoint(db, tenant)
    place = one.organization_id, one.id
    foreign = (await build.tenant(db)).scope.organization_id

    assert not await webhook_endpoints.delete(db, foreign, one.id)
    assert await deleted(db, one)

    assert not await deleted(db, one)
    assert await webhook_endpoints.get(db, *place) is None
    assert await webhook_endpoints.page(db, one.organization_id, before=None, limit=9) == []
    assert await webhook_endpoints.change(db, *place, url=None, types=None, same_types=False) is None
    assert await webhook_endpoints.disable(db, *place, reason="asked") is None
    assert await webhook_endpoints.enable(db, *place) is None
    assert await webhook_endpoints.rotate(db, *place) is None
    await won(db, await build.question(db, tenant))
    assert await statuses(db) == []
    (row,) = await db.fetch("select row_to_json(webhook_endpoints)::text as row from webhook_endpoints")
    assert "hooks.example.com" not in row["row"], "its URL may contain a secret"


async def test_a_claim_does_not_wait_for_a_deletion_that_is_not_committed(
    db: Database, other: Database, tenant: Tenant
) -> None:
    one = await build.endpoint(db, tenant)
    question = await build.question(db, tenant)
    async with other.acquire() as held, held.transaction():
        assert await webhook_endpoints.delete(held, one.organization_id, one.id)
        await won(db, question)

    assert await statuses(db) == ["pending"]


async def test_an_endpoint_that_is_deleted_before_the_event_has_its_position_is_not_called(
    db: Database, tenant: Tenant
) -> None:
    one = await build.endpoint(db, tenant)
    claimed = await interactions.claim(db, build.click(await build.question(db, tenant)))
    assert claimed.verdict is Verdict.WON
    await deleted(db, one)

    await events.number(db)

    assert await statuses(db) == []


async def test_however_numbering_and_a_deletion_meet_neither_fails(
    db: Database, other: Database, tenant: Tenant
) -> None:
    """Two hundred races: some passes see the endpoint and some do not; no delivery to a deleted endpoint is sent."""
    moment = RaceDelay(seed=11)
    sent: dict[UUID, bool] = {}
    for _ in range(200):
        one = await build.endpoint(db, tenant)
        question = await build.question(db, tenant)

        async def click(question: Interaction = question) -> None:
            await pause(moment.seconds())
            await won(db, question, seconds=20)

        async def delete(one: WebhookEndpoint = one) -> None:
            await pause(AHEAD)  # so that a click without a delay comes first
            assert await deleted(other, one)

        await asyncio.gather(click(), delete())
        rows = await db.fetch("select from deliveries where target_id = $1", one.id)
        sent[one.id] = bool(rows)
        moment.was_too(late=not sent[one.id])

    assert set(sent.values()) == {True, False}, "one side always came first, so this was no race"
    leased = await deliveries.lease(db, limit=1_000)
    assert len(leased) == list(sent.values()).count(True)
    assert {one.disabled_reason for one in leased} == {"deleted"}


@pytest.fixture
async def waiting(db: Database, tenant: Tenant) -> WebhookEndpoint:
    """An endpoint with three pending deliveries."""
    one = await build.endpoint(db, tenant)
    for _ in range(3):
        await won(db, await build.question(db, tenant))
    return one


async def test_what_waits_is_given_up_but_for_what_is_under_way(db: Database, waiting: WebhookEndpoint) -> None:
    foreign = (await build.tenant(db)).scope.organization_id
    (leased,) = await deliveries.lease(db, limit=1)
    await deleted(db, waiting)

    assert await deliveries.give_up(db, foreign, waiting.id, outcome=OUTCOME) == 0
    assert await deliveries.give_up(db, waiting.organization_id, waiting.id, outcome=OUTCOME, batch=1) == 2

    assert sorted(await statuses(db)) == ["dead", "dead", "pending"]
    assert await deliveries.renew(db, leased)
    assert await deliveries.accepted(db, leased, outcome={"status": 204, "detail": "HTTP 204"}), "its lease still holds"
    assert sorted(await statuses(db)) == ["dead", "dead", "delivered"]


async def test_what_failed_under_way_is_not_tried_again_and_the_endpoint_stays_deleted(
    db: Database, waiting: WebhookEndpoint
) -> None:
    (leased,) = await deliveries.lease(db, limit=1)
    await deleted(db, waiting)
    await deliveries.give_up(db, waiting.organization_id, waiting.id, outcome=OUTCOME)
    await deliveries.failed(db, leased, outcome={"status": 500, "detail": "HTTP 500"}, seconds=0.0)

    await deliveries.resume(db)
    (again,) = await deliveries.lease(db, limit=10)

    assert (again.event_id, again.disabled_reason) == (leased.event_id, "deleted")
    assert await deliveries.failed(
        db, again, outcome={"status": 410, "detail": "HTTP 410"}, seconds=0.0, gone=True
    ) == deliveries.FailedDelivery(status=DeliveryStatus.DEAD, disabled_reason=None)


async def test_a_replay_that_comes_too_late_brings_nothing_back(db: Database, waiting: WebhookEndpoint) -> None:
    await deleted(db, waiting)
    await deliveries.give_up(db, waiting.organization_id, waiting.id, outcome=OUTCOME)
    assert await deliveries.replay(db, waiting.organization_id, waiting.id, since=None) == 3

    assert {one.disabled_reason for one in await deliveries.lease(db, limit=10)} == {"deleted"}


@pytest.mark.parametrize("change", ["change", "disable", "enable", "rotate"])
async def test_a_change_that_waited_for_a_deletion_finds_nothing(
    db: Database, other: Database, tenant: Tenant, dsn: str, change: str
) -> None:
    one = await build.endpoint(db, tenant)
    place = one.organization_id, one.id
    changes: dict[str, Callable[[], Awaitable[object]]] = {
        "change": lambda: webhook_endpoints.change(db, *place, url="https://b.example/", types=None, same_types=True),
        "disable": lambda: webhook_endpoints.disable(db, *place, reason="asked"),
        "enable": lambda: webhook_endpoints.enable(db, *place),
        "rotate": lambda: webhook_endpoints.rotate(db, *place),
    }
    async with other.acquire() as held, held.transaction():
        assert await webhook_endpoints.delete(held, *place)
        changing = asyncio.ensure_future(changes[change]())
        await until_a_backend_waits(dsn)

    assert await changing is None
