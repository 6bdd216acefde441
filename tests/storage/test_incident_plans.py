"""The statements of incidents stay cheap among many: each is planned for its values, and for any values."""

from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from tests.storage import build
from tests.storage.test_plans import PATIENT, nodes, run

MANY = 8_000  # incidents of one organization, few of them open; most were of one system
PAGE = 10
FEW = 60  # rows that one call may touch: a page of each status is merged
REMOVED = ("Filter", "Index Recheck", "Join Filter")
LARGE = {"things", "incidents", "incident_updates", "incident_runs", "history", "interactions"}
FILTERS = ("status", "severity", "system", "open", "run")

FILL = f"""
create temp table made as
    select
        gen_random_uuid() as id, number, number % 1000 = 0 as is_open, $1::uuid as organization_id,
        $2::uuid as connection_id, $3::uuid as key_id
    from generate_series(1, {MANY}) as number;
insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses, moves, ended_at)
    select organization_id, id, 'incident', connection_id, key_id, 'x', '[]', 1, case when not is_open then now() end
    from made;
insert into incidents (
    organization_id, id, title, severity, status, status_by, status_at, systems, resolved_at)
select
    organization_id, id, 't', case number % 3 when 0 then 'minor' when 1 then 'major' else 'critical' end,
    case when is_open then 'fixing' else 'resolved' end, '{{}}', now(),
    array['common', 'system ' || number / 4], case when not is_open then now() end
from made;
insert into incident_updates (organization_id, incident_id, number, id, message, by, at)
    select organization_id, id, place, gen_random_uuid(), 'x', '{{}}', now() from made, generate_series(1, 5) as place;
insert into incident_runs (organization_id, run, incident_id, linked_at)
    select organization_id, 'run ' || number / 5, id, now() from made;
drop table made;
"""

LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is open": {"open": True},
    "what is not": {"open": False},
    "what is being fixed": {"status": "fixing"},
    "a severity": {"severity": "major"},
    "a severity of what is open": {"severity": "major", "open": True},
    "a system": {"system": "system 7"},
    "the open ones of a system": {"system": "system 7", "open": True},
    "a run": {"run": "run 7"},
    "a system in a run": {"run": "run 7", "system": "common"},
}


@pytest.fixture
async def calls(db: Database) -> dict[str, tuple[str, dict[str, Any]]]:
    """One call of each statement, in an organization with many incidents."""
    tenant = await build.tenant(db)
    scope = tenant.scope
    fill = FILL.replace("$1", f"'{scope.organization_id}'")
    fill = fill.replace("$2", f"'{scope.connection_id}'").replace("$3", f"'{tenant.key_id}'")
    async with db.acquire() as connection:
        await connection.execute(PATIENT)
        await connection.execute(fill, timeout=60)
        await connection.execute("analyze", timeout=60)
    (row,) = await db.fetch("select incident_id, id from incident_updates limit 1")
    of = {"organization_id": scope.organization_id}
    page = {**of, "before": UUID(int=2**128 - 1), "limit": PAGE, **dict.fromkeys(FILTERS)}
    updates = {**of, "incident_id": row["incident_id"], "limit": PAGE}
    return {
        **{f"a page of {name}": ("page", page | filters) for name, filters in LISTS.items()},
        "find_open": ("find_open", {**of, "system": "common"}),
        "is_open": ("is_open", {**of, "id": row["incident_id"], "system": "common"}),
        "of_run": ("of_run", {**of, "run": "run 7"}),
        "made": ("made", {**of, "incident_id": row["incident_id"], "id": row["id"]}),
        "the newest updates": ("updates", {**updates, "before": None}),
        "updates before another": ("updates", {**updates, "before": row["id"]}),
        "get": ("get", {**of, "id": row["incident_id"]}),
        "several": ("several", {**of, "ids": [row["incident_id"], ids.new()]}),
        "lock": ("lock", {**of, "id": row["incident_id"]}),
    }


async def test_each_reads_a_few_rows_of_many(db: Database, calls: dict[str, tuple[str, dict[str, Any]]]) -> None:
    async with db.acquire() as connection:
        for name, (statement, values) in calls.items():
            for mode in ("force_custom_plan", "force_generic_plan"):
                plan = await run(connection, statements.load("incidents")[statement], values, mode)
                touched = sum(
                    node["Actual Loops"]
                    * (node["Actual Rows"] + sum(node.get(f"Rows Removed by {why}", 0) for why in REMOVED))
                    for node in nodes(plan)
                    if node.get("Relation Name") in LARGE
                )

                assert touched <= FEW, f"{name}, {mode}: {touched} rows"
