"""The row of a deleted endpoint is removed when it is old and has no deliveries; a disabled endpoint stays."""

from datetime import timedelta

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


async def test_what_is_young_or_only_disabled_stays(db: Database, tenant: Tenant) -> None:
    await delete(db, await build.endpoint(db, tenant), days=DAYS - 0.01)
    for reason in ("asked", "failing", "gone"):
        one = await build.endpoint(db, tenant)
        await webhook_endpoints.disable(db, one.organization_id, one.id, reason=reason)
    await elapse(db, "webhook_endpoints", timedelta(days=900), where="url <> ''")
    await build.endpoint(db, tenant)

    assert await forget(db) == 0
    assert await left(db) == 5


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
