"""Endpoints that were deleted or disabled long ago are removed, once they have no deliveries."""

from datetime import timedelta

import pytest

from storage import events, interactions, retention, webhook_endpoints
from storage.model import WebhookEndpoint
from storage.pool import Database
from storage.retention import START
from tests.storage import build, ended
from tests.storage.build import Tenant
from tests.storage.elapse import elapse

DAYS = 90


async def forget(db: Database, *, limit: int = 5) -> int:
    return await retention.forget_endpoints(db, days=DAYS, limit=limit)


async def delete(db: Database, one: WebhookEndpoint, *, days: float) -> None:
    """Delete an endpoint, as if `days` ago."""
    assert await webhook_endpoints.delete(db, one.organization_id, one.id)
    await elapse(db, "webhook_endpoints", timedelta(days=days), one.id, where="id = $1")


async def left(db: Database) -> int:
    return int((await db.fetch("select count(*) as n from webhook_endpoints"))[0]["n"])


async def test_what_was_deleted_long_ago_is_forgotten_a_few_at_a_time(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)
    for one in (tenant, tenant, other):
        await delete(db, await build.endpoint(db, one), days=DAYS + 0.01)

    assert [await forget(db, limit=2) for _ in range(3)] == [2, 1, 0]
    assert await left(db) == 0


async def disable(db: Database, one: WebhookEndpoint, *, reason: str, days: float) -> None:
    """Disable an endpoint, as if `days` ago."""
    await webhook_endpoints.disable(db, one.organization_id, one.id, reason=reason)
    await elapse(db, "webhook_endpoints", timedelta(days=days), one.id, where="id = $1", columns=["disabled_at"])


async def retire(db: Database) -> int:
    """Retire endpoints in batches of two; returns how many were retired."""
    retired = 0
    while batch := await retention.retire_endpoints(db, days=DAYS, limit=2):
        retired += batch
    return retired


async def test_what_is_young_stays(db: Database, tenant: Tenant) -> None:
    await delete(db, await build.endpoint(db, tenant), days=DAYS - 0.01)
    await disable(db, await build.endpoint(db, tenant), reason="asked", days=DAYS - 0.01)
    await build.endpoint(db, tenant)

    assert (await retire(db), await forget(db)) == (0, 0)
    assert await left(db) == 3


@pytest.mark.parametrize("reason", ["asked", "failing", "gone"])
async def test_what_was_disabled_long_ago_is_deleted_and_then_forgotten(
    db: Database, tenant: Tenant, reason: str
) -> None:
    old = [await build.endpoint(db, one) for one in (tenant, tenant, await build.tenant(db))]
    active = await build.endpoint(db, tenant)
    for one in old:
        await disable(db, one, reason=reason, days=DAYS + 0.01)

    assert await retire(db) == 3
    assert await retire(db) == 0
    assert await webhook_endpoints.get(db, old[0].organization_id, old[0].id) is None
    assert await forget(db) == 3
    assert await left(db) == 1
    assert await webhook_endpoints.get(db, active.organization_id, active.id) is not None


async def test_what_is_enabled_at_the_same_moment_stays(db: Database, other: Database, tenant: Tenant) -> None:
    """The statement finds it disabled, while another connection has enabled it and not committed yet."""
    one = await build.endpoint(db, tenant)
    await disable(db, one, reason="asked", days=DAYS + 1)
    async with other.acquire() as held, held.transaction():
        await held.execute("update webhook_endpoints set disabled_at = null, disabled_reason = null")
        assert await retire(db) == 0, "it is locked"
    assert await retire(db) == 0

    endpoint = await webhook_endpoints.get(db, one.organization_id, one.id)
    assert endpoint is not None and endpoint.url == one.url


async def test_it_stays_for_as_long_as_a_delivery_names_it(db: Database, tenant: Tenant) -> None:
    one = await build.endpoint(db, tenant)
    question = await build.question(db, tenant)
    await interactions.claim(db, build.click(question))
    await events.number(db)
    await db.fetch("update deliveries set status = 'dead', ended_at = now(), outcome = '{}'")
    await db.fetch("update cards set given_up_at = now(), reason = '{}'")
    await delete(db, one, days=DAYS + 1)

    assert await forget(db) == 0
    await ended.ago(db, tenant, question, days=DAYS + 1)
    assert (await retention.forget_interactions(db, days=DAYS, after=START, limit=10)).forgotten == 1
    assert await forget(db) == 1
