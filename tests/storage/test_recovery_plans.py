"""The statements of recoveries and of things stay cheap among many: each is planned for its values, and for any."""

from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from storage.statements import Statement
from tests.storage import build, plans

MANY = 8_000  # recoveries of one organization, half of them open
PAGE = 10
FEW = 5 * PAGE  # rows that one call may touch: a page of each status is merged
FILTERS = ("source_type", "source_id", "open", "status", "fingerprint", "owner_agent", "owner_user")

FILL = f"""
create temp table made as
    select
        gen_random_uuid() as id, number, number % 2 = 0 as is_open, $1::uuid as organization_id,
        $2::uuid as connection_id, $3::uuid as key_id
    from generate_series(1, {MANY}) as number;
insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses, moves, ended_at)
    select organization_id, id, 'recovery', connection_id, key_id, 'x', '[]', 3, case when not is_open then now() end
    from made;
insert into recoveries (
    organization_id, id, status, outcome, source_type, source_id, kind, cause, fingerprint, next_action, owner_agent,
    owner_user, attempt_count, last_attempt_at, escalated_at, resolved_by, resolved_at)
select
    organization_id, id,
    case
        when number % 8 = 0 then 'escalated' when is_open then 'active'
        when number % 3 = 0 then 'cancelled' else 'resolved' end,
    case when is_open then null when number % 3 = 0 then 'cancelled' else 'restored' end,
    'build', 'source ' || number / 2, 'k', 'c', 'fingerprint ' || number % 200, 'n',
    case when number % 4 = 0 then 'agent ' || number % 100 end,
    case when number % 4 = 1 then 'U0' || number % 100 end, 1, now(),
    case when number % 8 = 0 then now() end, case when not is_open then '{{}}'::jsonb end,
    case when not is_open then now() end
from made;
insert into history (organization_id, thing_id, id, number, move, from_status, to_status, by, at)
    select organization_id, id, gen_random_uuid(), place, 'refreshed', 'active', 'active', '{{}}', now()
    from made, generate_series(1, 3) as place;
insert into thing_requests (organization_id, idempotency_key, request_hash, thing_id)
    select organization_id, 'key ' || number, '', id from made;
drop table made;
"""

LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is open": {"open": True},
    "what is not": {"open": False},
    "what is active": {"status": "active"},
    "what was cancelled": {"status": "cancelled"},
    "what is active and not open": {"status": "active", "open": False},
    "a source": {"source_type": "build", "source_id": "source 7"},
    "the open one of a source": {"source_type": "build", "source_id": "source 7", "open": True},
    "a failure": {"fingerprint": "fingerprint 8"},
    "an agent": {"owner_agent": "agent 8"},
    "a person": {"owner_user": "U05"},
}


@pytest.fixture
async def calls(db: Database) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """One call of each statement, in an organization with many things."""
    tenant = await build.tenant(db)
    await plans.fill(db, tenant, FILL)
    (row,) = await db.fetch("select id from recoveries where status = 'active' limit 1")
    of = {"organization_id": tenant.scope.organization_id}
    page = {**of, "before": UUID(int=2**128 - 1), "limit": PAGE, **dict.fromkeys(FILTERS)}
    source = {**of, "source_type": "build", "source_id": "source 7"}
    sources = {"source_types": ["build"] * 10, "source_ids": [f"source {number}" for number in range(10)]}
    sql, of_things = statements.load("recoveries"), statements.load("things")
    return {
        **{f"a page of {name}": (sql["page"], page | filters) for name, filters in LISTS.items()},
        "find_open": (sql["find_open"], source),
        "latest_of_source": (sql["latest_of_source"], source),
        "search": (sql["search"], {**of, **sources}),
        "get": (sql["get"], {**of, "id": row["id"]}),
        "several": (sql["several"], {**of, "ids": [row["id"], ids.new()]}),
        "lock": (sql["lock"], {**of, "id": row["id"]}),
        "reached": (of_things["reached"], {**of, "thing_id": row["id"], "after": 1, "statuses": ["resolved"]}),
        "changed": (
            of_things["changed"],
            {"organization_ids": [tenant.scope.organization_id], "ids": [row["id"]], "numbers": [1]},
        ),
        "request": (of_things["request"], {**of, "idempotency_key": "key 7"}),
        "count up to a limit": (of_things["count"], {**of, "limit": PAGE}),
        "timeline": (of_things["timeline"], {**of, "thing_id": row["id"], "limit": 1000}),
    }


async def test_each_reads_a_few_rows_of_many(db: Database, calls: dict[str, tuple[Statement, dict[str, Any]]]) -> None:
    assert await plans.that_read_more(db, calls, FEW) == {}
