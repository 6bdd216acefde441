"""A fix that was judged or superseded has ended: it is deleted some time later, with the round that corrects it."""

import pytest

from storage import events
from storage.pool import Database
from tests.bridge.things.fix.agents import Proposer, clicked, found
from tests.bridge.things.test_retention import forget, pass_days, rows
from tests.storage.build import Tenant


@pytest.mark.parametrize("outcome", ["applied_success", "dismissed"])
async def test_a_fix_that_has_ended_goes_with_its_round(db: Database, tenant: Tenant, outcome: str) -> None:
    agent = Proposer(db=db, tenant=tenant)
    id = (await agent.propose()).id
    await clicked(db, tenant, id, "apply")
    await agent.judge(id, outcome)
    assert ((await found(db, tenant, id)).round_id is not None) == (outcome == "applied_success")
    await events.number(db)
    await pass_days(db)

    assert (await forget(db))[1] == 1
    assert await rows(db, tenant) == {}


async def test_an_older_fix_goes_and_leaves_the_newer_one(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    await agent.propose()
    newer = (await agent.propose()).id
    await events.number(db)
    await pass_days(db)

    assert (await forget(db))[1] == 1

    assert (await found(db, tenant, newer)).row.is_active
    assert (await rows(db, tenant))["fixes"] == 1
