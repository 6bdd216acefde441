"""The backlog for an operator's alarms: bounded numbers, which count only work that can be done now."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from bridge import ids
from bridge.kinds.registry import KINDS
from storage import backlog, cards, deliveries, events, interactions, statements
from storage.model import Scope
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.elapse import elapse, set_time

NOWHERE = Scope(organization_id=ids.new(), connection_id=ids.new())
NOT_NOW = {"status": 503, "detail": "HTTP 503"}


async def test_where_nothing_waits_there_is_nothing_to_tell(db: Database) -> None:
    seen = await backlog.look(db, [NOWHERE], with_notices=True)

    assert (seen.cards_age, seen.deliveries_age, seen.open) == (None, None, 0)
    assert seen.notices is not None and 0 <= seen.notices < 1


async def test_the_oldest_duty_counts_also_while_a_replica_has_leased_it(db: Database) -> None:
    tenant = await build.tenant(db)
    for seconds in (90, 30):
        question = await build.question(db, tenant)
        await set_time(db, "cards", "due_at", timedelta(seconds=-seconds), question.id, where="interaction_id = $1")
    mine = [tenant.scope]
    seen = await backlog.look(db, mine, with_notices=False)

    assert seen.cards_age == pytest.approx(90, abs=10)
    assert seen.open == 2 and seen.notices is None
    await cards.lease(db, mine, kinds=KINDS, limit=1)
    assert (await backlog.look(db, mine, with_notices=False)).cards_age == pytest.approx(90, abs=10)


async def test_what_is_due_later_or_on_a_screen_or_elsewhere_is_not_late(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    await build.question(db, other)
    await build.question(db, tenant)
    await build.question(db, tenant)
    mine = [tenant.scope]
    first, second = await cards.lease(db, mine, kinds=KINDS, limit=2)
    await db.fetch("update cards set shown = wanted where id = $1", first.id)
    await set_time(db, "cards", "due_at", timedelta(hours=1), second.id, where="id = $1")

    assert (await backlog.look(db, mine, with_notices=False)).cards_age is None


async def test_open_questions_are_counted_only_so_far(db: Database) -> None:
    tenant = await build.tenant(db)
    for _ in range(4):
        await build.question(db, tenant)

    assert (await backlog.look(db, [], with_notices=False, max_counted=3)).open == 3


async def owed(db: Database, tenant: Tenant, *ages: int) -> None:
    """Write deliveries that have been due for these numbers of seconds."""
    for seconds in ages:
        question = await build.question(db, tenant)
        await interactions.claim(db, build.click(question))
        await events.number(db)
        age = timedelta(seconds=seconds)
        await set_time(db, "deliveries", "due_at", -age, question.id, where="interaction_id = $1")


async def deliveries_age(db: Database) -> float | None:
    return (await backlog.look(db, [], with_notices=False)).deliveries_age


async def test_the_oldest_call_that_no_replica_makes_counts_for_any_organization(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)
    for one in (tenant, tenant, other):
        await build.endpoint(db, one)
    await owed(db, tenant, 30, -60)
    await owed(db, other, 90, 600)

    assert await deliveries_age(db) == pytest.approx(600, abs=10)
    (first,) = await deliveries.lease(db, limit=1)
    assert first.organization_id == other.scope.organization_id
    assert await deliveries_age(db) == pytest.approx(90, abs=10), "a replica has leased the other one"


async def test_what_waits_for_its_turn_at_a_busy_receiver_is_not_late(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 90, 80, 70)

    leased = await deliveries.lease(db, limit=10)

    assert len(leased) == deliveries.IN_FLIGHT and await deliveries_age(db) is None
    await deliveries.accepted(db, leased[0], outcome={"status": 204, "detail": "HTTP 204"})
    assert await deliveries_age(db) == pytest.approx(70, abs=10)


async def test_what_is_to_be_tried_again_later_is_not_late(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 90)
    (leased,) = await deliveries.lease(db, limit=1)
    await deliveries.failed(db, leased, outcome=NOT_NOW, seconds=300.0)

    assert await deliveries_age(db) is None

    await set_time(db, "deliveries", "due_at", timedelta(seconds=-40))
    assert await deliveries_age(db) == pytest.approx(40, abs=10), "it is due again, and not resumed yet"


async def test_what_a_replica_that_died_had_in_hand_is_late(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 90)
    await deliveries.lease(db, limit=1)
    assert await deliveries_age(db) is None
    await set_time(db, "deliveries", "leased_until")

    assert await deliveries_age(db) == pytest.approx(90, abs=10)


async def test_receivers_are_looked_at_only_so_far(db: Database, tenant: Tenant) -> None:
    first, _ = [await build.endpoint(db, tenant) for _ in range(2)]
    await owed(db, tenant, 90)
    await elapse(db, "deliveries", timedelta(hours=1), first.id, where="target_id <> $1")

    seen = await backlog.look(db, [], with_notices=False, max_receivers=1)

    assert seen.deliveries_age == pytest.approx(90, abs=10)


async def test_however_much_is_owed_to_a_receiver_only_the_oldest_is_read(db: Database, tenant: Tenant) -> None:
    await build.endpoint(db, tenant)
    await owed(db, tenant, 90)
    await db.fetch(
        "with told as (insert into events (organization_id, id, interaction_id, type) "
        "select organization_id, gen_random_uuid(), interaction_id, 'interaction.answered' "
        "from deliveries, generate_series(1, 20000) returning organization_id, id, interaction_id) "
        "insert into deliveries (organization_id, target_id, event_id, interaction_id, endpoint_id) "
        "select told.organization_id, target_id, told.id, told.interaction_id, endpoint_id from told, deliveries"
    )
    await db.fetch("analyze deliveries")
    look = statements.load("backlog")["look"]
    nothing: dict[str, list[UUID]] = {"organization_ids": [], "connection_ids": []}
    values = {**nothing, "limit": 10, "max_receivers": 5_000, "max_in_flight": 2, "with_notices": False}

    async with db.acquire() as connection:
        (row,) = await connection.fetch(f"explain (analyze, buffers, format json) {look.sql}", *look.arguments(values))

    plan = json.loads(row["QUERY PLAN"])[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, "20,000 rows have hundreds of blocks"
    assert await deliveries_age(db) == pytest.approx(90, abs=10)
