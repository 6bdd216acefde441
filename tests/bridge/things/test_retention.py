"""Things are deleted some time after their end, with everything of them; until then their cards' round stays."""

from typing import Any

import pytest

from bridge.things.recovery import NOUN
from storage import events, interactions, retention
from storage.pool import Database
from storage.retention import START
from tests.bridge.things import noting, recoveries
from tests.storage.build import Tenant
from tests.storage.scope_checks import TENANT

KEPT = {"organizations", "connections", "keys"}


async def rows(db: Database, tenant: Tenant) -> dict[str, int]:
    """How many rows of each table the organization has."""
    found = {}
    for table in sorted(TENANT - KEPT):
        (row,) = await db.fetch(
            f"select count(*) as rows from {table} where organization_id = $1", tenant.scope.organization_id
        )
        found[table] = row["rows"]
    return {table: number for table, number in found.items() if number}


async def pass_days(db: Database, days: int = 31) -> None:
    """Everything that has ended ended `days` earlier, and every card shows what it should."""
    await db.fetch("update interactions set ended_at = ended_at - make_interval(days => $1)", days)
    await db.fetch("update things set ended_at = ended_at - make_interval(days => $1)", days)
    await db.fetch("update cards set shown = wanted, settled = true")


async def forget(db: Database, **more: Any) -> tuple[int, int]:
    """One pass over interactions and one over things: how many were deleted."""
    of_age = await retention.forget_interactions(db, days=30, after=START, limit=100)
    things = await retention.forget_things(db, days=30, after=START, limit=100)
    return of_age.forgotten, things.forgotten


async def test_a_thing_goes_with_all_its_rows_once_it_has_been_final_for_long(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause="second"))
    await recoveries.clicked(db, recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id)))
    assert await forget(db) == (0, 0)
    await pass_days(db)
    assert (await forget(db))[1] == 0, "its events have no position in the feed yet"
    await events.number(db)

    assert (await forget(db))[1] == 1

    assert await rows(db, tenant) == {}


@pytest.mark.parametrize("is_posted", [True, False])
async def test_a_thing_waits_for_notes_that_can_still_be_posted(db: Database, tenant: Tenant, is_posted: bool) -> None:  # noqa: FBT001
    thing = (await recoveries.opened(db, tenant)).after.thing
    await noting.noted(db, tenant.scope, thing.id, "a note")
    await recoveries.clicked(db, recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id)))
    if is_posted:
        await db.fetch("update cards set channel = 'C1', ts = '1.1'")
    await events.number(db)
    await pass_days(db)

    assert (await forget(db))[1] == (0 if is_posted else 1)

    await db.fetch("update notes set maybe_sent = true")
    assert (await forget(db))[1] == (1 if is_posted else 0)
    assert await rows(db, tenant) == {}


async def test_the_ended_rounds_of_a_living_thing_go_by_age_and_its_anchor_and_history_stay(
    db: Database, tenant: Tenant
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    anchor = await recoveries.round_of(db, tenant, thing.id)
    for cause in ("second", "third"):
        await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause=cause))
    await events.number(db)
    await pass_days(db)

    assert await forget(db) == (1, 0)

    left = await interactions.rounds(db, tenant.scope.organization_id, thing.id, before=None, limit=10)
    assert [row.id for row in left.interactions] == [await recoveries.round_of(db, tenant, thing.id), anchor]
    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and found.thing.anchor_id == anchor
    assert (await rows(db, tenant))["history"] == 3


async def test_a_thing_whose_round_is_locked_waits_for_the_next_pass(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    await recoveries.clicked(db, recoveries.click(tenant, round_id))
    await events.number(db)
    await pass_days(db)
    async with db.acquire() as holder, holder.transaction():
        await holder.fetch("select from interactions where id = $1 for update", round_id)

        assert await forget(db) == (0, 0)

    assert await forget(db) == (0, 1)


async def test_an_anchor_that_the_release_before_deleted_is_replaced_by_the_next_round(
    db: Database, tenant: Tenant
) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    anchor = await recoveries.round_of(db, tenant, thing.id)
    await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause="second"))
    async with db.acquire() as held, held.transaction():
        await held.fetch("select from interactions where id = $1 for update", anchor)
        await retention.forget(held, [(tenant.scope.organization_id, anchor)])

    await recoveries.reported(db, tenant, thing.id, recoveries.report_of(cause="third"))

    found = await NOUN.table.get(db, tenant.scope.organization_id, thing.id)
    assert found is not None and found.thing.anchor_id == found.round_id is not None
    cards = await db.fetch("select interaction_id, wanted, shown from cards")
    assert [tuple(card) for card in cards] == [(found.round_id, 1, 0)]
