"""The statements of incidents stay cheap among many: each is planned for its values, and for any values."""

from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from storage.statements import Statement
from tests.storage import build, plans

MANY = 8_000  # incidents of one organization, few of them open; most were of one system
PAGE = 10
FEW = 60  # rows that one call may touch: a page of each status is merged
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
async def calls(db: Database) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """One call of each statement, in an organization with many incidents."""
    tenant = await build.tenant(db)
    await plans.fill(db, tenant, FILL)
    (row,) = await db.fetch("select incident_id, id from incident_updates limit 1")
    of = {"organization_id": tenant.scope.organization_id}
    page = {**of, "before": UUID(int=2**128 - 1), "limit": PAGE, **dict.fromkeys(FILTERS)}
    updates = {**of, "incident_id": row["incident_id"], "limit": PAGE}
    sql = statements.load("incidents")
    return {
        **{f"a page of {name}": (sql["page"], page | filters) for name, filters in LISTS.items()},
        "find_open": (sql["find_open"], {**of, "system": "common"}),
        "is_open": (sql["is_open"], {**of, "id": row["incident_id"], "system": "common"}),
        "of_run": (sql["of_run"], {**of, "run": "run 7"}),
        "made": (sql["made"], {**of, "incident_id": row["incident_id"], "id": row["id"]}),
        "the newest updates": (sql["updates"], {**updates, "before": None}),
        "updates before another": (sql["updates"], {**updates, "before": row["id"]}),
        "get": (sql["get"], {**of, "id": row["incident_id"]}),
        "several": (sql["several"], {**of, "ids": [row["incident_id"], ids.new()]}),
        "lock": (sql["lock"], {**of, "id": row["incident_id"]}),
    }


async def test_each_reads_a_few_rows_of_many(db: Database, calls: dict[str, tuple[Statement, dict[str, Any]]]) -> None:
    assert await plans.that_read_more(db, calls, FEW) == {}
