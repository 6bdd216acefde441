"""The statements of work items stay cheap among many: each is planned for its values, and for any."""

from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from storage.statements import Statement
from tests.storage import build, plans

MANY = 8_000  # items of one organization: half of them wait for one, ahead of the free ones
PAGE = 10
FEW = 5 * PAGE  # rows that one call may touch
FILTERS = ("status", "phase", "holder_agent", "holder_user")

FILL = f"""
create temp table made as
    select gen_random_uuid() as id, number, $1::uuid as organization_id, $2::uuid as connection_id, $3::uuid as key_id
    from generate_series(1, {MANY}) as number;
insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses, moves, ended_at)
    select organization_id, id, 'work', connection_id, key_id, 'x', '[]', 3, case when number % 100 = 7 then now() end
    from made;
insert into work_items (
    organization_id, id, name, title, phase, priority, status, attempts, take_seconds, holder_agent, holder_user,
    leased_at, leased_until, lease_end, done_by, done_at, unmet, created_at)
select
    organization_id, id, 'item-' || number, 't', 'phase ' || number % 4,
    case when number <= {MANY} / 2 then 5 else 0 end, status, case when number % 100 in (7, 8, 9) then 1 else 0 end, 60,
    case when number % 100 = 8 then 'w ' || number end,
    case when number % 100 = 9 then 'U' || number end, case when status = 'leased' then now() - interval '1 hour' end,
    case when status = 'leased' then now() + interval '1 s' * (number - 200) end,
    case when status = 'done' then 'done' end, case when status = 'done' then '{{"key": "x"}}'::jsonb end,
    case when status = 'done' then now() end, (number <= {MANY} / 2)::int, now() + number * interval '1 ms'
from made
cross join lateral (
    select case when number % 100 = 7 then 'done' when number % 100 in (8, 9) then 'leased' else 'ready' end as status
) as life;
insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)
    select made.organization_id, made.id, other.id, 'x', false, now()
    from made
    join made as other on other.number = made.number + {MANY} / 2 + 1;
drop table made;
"""

LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is done": {"status": "done"},
    "what is held": {"status": "leased"},
    "a phase": {"phase": "phase 3"},
    "what can be leased": {"ready_only": True},
    "what can be leased of a phase": {"ready_only": True, "phase": "phase 3"},
    "what can be leased and is done": {"ready_only": True, "status": "done"},
    "what can be leased of a phase and is blocked": {"ready_only": True, "phase": "phase 3", "status": "blocked"},
    "what an agent holds": {"holder_agent": "w 208"},
    "what a person holds": {"holder_user": "U209"},
    "what a person holds and is blocked": {"holder_user": "U209", "status": "blocked"},
}


@pytest.fixture
async def calls(db: Database) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """One call of each statement, in an organization with many work items."""
    tenant = await build.tenant(db)
    await plans.fill(db, tenant, FILL)
    of = {"organization_id": tenant.scope.organization_id}
    first = dict.fromkeys(("after_priority", "after_created_at", "after_id"))
    page = {**of, "limit": PAGE, "ready_only": False, **dict.fromkeys(FILTERS)}
    sql = statements.load("work_items")
    (item,) = await db.fetch("select id, name from work_items where unmet > 0 limit 1")
    (middle,) = await db.fetch("select * from work_items where name = $1", f"item-{MANY * 3 // 4}")
    after = {f"after_{name}": middle[name] for name in ("priority", "created_at", "id")}
    leases: dict[str, Any] = {"owner": "w", "seconds": 9, "by": {"key": "x"}, "idempotency_key": None}
    leases |= {"expired_id": ids.new(), "leased_id": ids.new(), "request_hash": None}
    link = {**of, "id": item["id"], "depends_on_id": middle["id"], "depends_on": "x"}
    return {
        **{f"a page of {name}": (sql["page"], page | first | filters) for name, filters in LISTS.items()},
        **{f"a later page of {name}": (sql["page"], page | after | filters) for name, filters in LISTS.items()},
        **{
            f"{name} of {phase or 'any phase'}": (sql[name], {**of, "phase": phase, **more})
            for phase in (None, "phase 3", "phase 99")
            for name, more in (("lease", leases), ("pick", {}))
        },
        "get": (sql["get"], {**of, "id": item["id"]}),
        "lock": (sql["lock"], {**of, "id": item["id"]}),
        "find": (sql["find"], {**of, "name": item["name"]}),
        "dependencies": (sql["dependencies"], {**of, "id": item["id"]}),
        "resolve": (sql["resolve"], {**of, "ids": [middle["id"]], "names": [item["name"], "item-9"]}),
        "reaches": (sql["reaches"], {**of, "item_id": middle["id"], "id": item["id"]}),
        "link": (sql["link"], link),
        "unlink": (sql["unlink"], link),
        "expired": (sql["expired"], {**of, "limit": PAGE}),
        "due": (sql["due"], {"seconds": 0.0, "limit": PAGE}),
    }


async def test_each_reads_a_few_rows_of_many(
    db: Database, calls: dict[str, tuple[Statement, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {name: calls.pop(name) for name in list(calls) if "page of" in name}

    assert await plans.that_read_more(db, calls, FEW) == {}
    monkeypatch.setattr(plans, "MODES", ("force_custom_plan",))
    assert await plans.that_read_more(db, lists, FEW) == {}


async def test_a_page_is_planned_for_its_values(
    db: Database, calls: dict[str, tuple[Statement, dict[str, Any]]]
) -> None:
    """A plan for any limit would expect a tenth of the table, and sort that: so it never looks cheaper."""
    async with db.acquire() as connection:
        for statement, values in [call for name, call in calls.items() if "page of" in name]:
            for _ in range(8):  # PostgreSQL weighs the two from the sixth on
                await statement.many(connection, **values)
        plans_of = "select generic_plans, custom_plans from pg_prepared_statements where statement = $1"
        [row] = await connection.fetch(plans_of, statements.load("work_items")["page"].sql)
    assert row["generic_plans"] == 0 and row["custom_plans"] >= 8


async def test_a_page_follows_the_one_before_it_in_the_order_of_leases(db: Database) -> None:
    tenant = await build.tenant(db)
    await plans.fill(db, tenant, FILL)
    page = statements.load("work_items")["page"]
    of = {"organization_id": tenant.scope.organization_id, "limit": 700, **dict.fromkeys(FILTERS)}
    seen: list[UUID] = []
    after: dict[str, Any] = dict.fromkeys(("after_priority", "after_created_at", "after_id"))
    while rows := await page.many(db, **of, **after, ready_only=True):
        seen += [row["id"] for row in rows]
        after = {f"after_{name}": rows[-1][name] for name in ("priority", "created_at", "id")}

    ready = "select id from work_items where status = 'ready' and unmet = 0 order by priority desc, created_at, id"
    assert seen == [row["id"] for row in await db.fetch(ready)]
