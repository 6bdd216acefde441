"""The statements of fixes stay cheap among many: each is planned for its values, and for any."""

from typing import Any
from uuid import UUID

import pytest

from bridge import ids
from storage import statements
from storage.pool import Database
from storage.statements import Statement
from tests.storage import build, plans

MANY = 8_000  # fixes of one organization, of a tenth as many sessions
PAGE = 10
FEW = 5 * PAGE  # rows that one call may touch
FILTERS = ("session", "active", "status", "key")

FILL = f"""
create temp table made as
    select
        gen_random_uuid() as id, number, number > {MANY} * 0.9 as is_active, $1::uuid as organization_id,
        $2::uuid as connection_id, $3::uuid as key_id
    from generate_series(1, {MANY}) as number;
insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses, moves, ended_at)
    select organization_id, id, 'fix', connection_id, key_id, 'x', '[]', 3, case when not is_active then now() end
    from made;
insert into fixes (
    organization_id, id, session, title, key, decision, decided_at, decided_by, outcome, outcome_at, outcome_by,
    applied_at, verified_at, failure_reason, superseded_at)
select
    organization_id, id, 'session ' || number % ({MANY} / 10), 't', 'key ' || number % 500,
    case when number % 2 = 0 then 'one_off' end, case when number % 2 = 0 then now() end,
    case when number % 2 = 0 then '{{"user": "U0ANA"}}'::jsonb end,
    case when number % 4 = 0 then 'applied_failed' else 'proposed' end,
    case when number % 4 = 0 then now() end, case when number % 4 = 0 then '{{"key": "x"}}'::jsonb end,
    case when number % 4 = 0 then now() end, case when number % 4 = 0 then now() end,
    case when number % 4 = 0 then 'x' end, case when not is_active then now() end
from made;
insert into interactions (
    organization_id, connection_id, id, kind, request, digest, answers, key_id, asked_by, cards_left, expires_at)
select
    organization_id, connection_id, gen_random_uuid(), 'approval', '{{}}', '', '{{}}', key_id, 'x', 1,
    now() + interval '1 hour'
from made;
drop table made;
"""

LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is active": {"active": True},
    "what is not": {"active": False},
    "what is decided": {"status": "decided"},
    "what failed": {"status": "applied_failed"},
    "a session": {"session": "session 7"},
    "the active one of a session": {"session": "session 7", "active": True},
    "a kind": {"key": "key 8"},
}


@pytest.fixture
async def calls(db: Database) -> dict[str, tuple[Statement, dict[str, Any]]]:
    """One call of each statement, in an organization with many fixes and questions."""
    tenant = await build.tenant(db)
    await plans.fill(db, tenant, FILL)
    of = {"organization_id": tenant.scope.organization_id}
    page = {**of, "before": UUID(int=2**128 - 1), "limit": PAGE, **dict.fromkeys(FILTERS)}
    sql, cards = statements.load("fixes"), statements.load("cards")
    (fix,) = await db.fetch("select id from fixes where superseded_at is null limit 1")
    (asked,) = await db.fetch("select id from interactions limit 1")
    link = {**of, "interaction_id": asked["id"], "id": ids.new(), "ts": "1.1", "permalink": "https://x"}
    return {
        **{f"a page of {name}": (sql["page"], page | filters) for name, filters in LISTS.items()},
        "find_active": (sql["find_active"], {**of, "session": "session 7"}),
        "handover": (sql["handover"], {**of, "session": "session 8", "outcome": "applied_failed", "limit": PAGE}),
        "stats": (sql["stats"], {**of, "key": "key 8"}),
        "get": (sql["get"], {**of, "id": fix["id"]}),
        "lock": (sql["lock"], {**of, "id": fix["id"]}),
        "due": (sql["due"], {"seconds": 60.0, "limit": PAGE}),
        "permalink": (cards["permalink"], link),
    }


async def test_each_reads_a_few_rows_of_many(db: Database, calls: dict[str, tuple[Statement, dict[str, Any]]]) -> None:
    assert await plans.that_read_more(db, calls, FEW) == {}
