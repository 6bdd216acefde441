"""The statements that look for notes stay cheap among many notes that were posted, and that wait for another time."""

from typing import Any

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from tests.bridge.things import noting, recoveries
from tests.storage import build, plans

# Their things and cards do not exist: the rows are written without the checks of foreign keys.
OTHERS = """
insert into notes (
    organization_id, connection_id, thing_id, interaction_id, card_id, id, number, text, size, maybe_sent, channel, ts,
    sent_at, due_at)
select
    organization_id, connection_id, thing_id, thing_id, thing_id, gen_random_uuid(), number, 'a note', 6, is_sent,
    case when is_sent then 'C1' end, case when is_sent then '1.1' end, case when is_sent then clock_timestamp() end,
    clock_timestamp() + interval '1 hour'
from (
    select case when place % 2 = 0 then $1 else gen_random_uuid() end as organization_id, $2::uuid as connection_id,
        gen_random_uuid() as thing_id, place % 4 = 1 as is_ours
    from generate_series(1, 200) as place) as things,
    generate_series(1, 100) as number, lateral (select number <= 95 as is_sent) as sent
"""
MOST = 60  # rows that a node may read; there are 20,000


@pytest.mark.parametrize("mode", plans.MODES)
@pytest.mark.parametrize("name", ["hold_cards", "overlooked"])
async def test_a_look_for_notes_reads_few_rows(db: Database, name: str, mode: str) -> None:
    tenant = await build.tenant(db)
    scope = tenant.scope
    thing = (await recoveries.opened(db, tenant)).after.thing
    await noting.noted(db, scope, thing.id, "a note")
    await db.fetch("update cards set channel = 'C1', ts = '1.1'")
    statement = statements.load("notes" if name == "hold_cards" else "things")[name]
    values: dict[str, Any] = {"limit": 10}
    if name == "hold_cards":
        values |= {"organization_ids": [scope.organization_id], "connection_ids": [scope.connection_id]}
    async with db.acquire() as held:
        async with held.transaction():
            await held.fetch("set local session_replication_role = replica")
            await held.fetch(OTHERS, ids.new(), ids.new())
        await held.fetch("analyze notes")
        plan = await plans.run(held, statement, values, mode)

    read = [
        ((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"], node["Node Type"])
        for node in plans.nodes(plan)
    ]
    assert max(read)[0] <= MOST, read
