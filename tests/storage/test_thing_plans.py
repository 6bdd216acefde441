"""Beside very many open things of the same organization, statements read what they return and no more."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from asyncpg import Record

from bench import things as bulk
from bridge.things import transactions
from bridge.things.contract import Decision, Locked
from bridge.things.recovery import NOUN, life
from bridge.things.recovery.row import Recovery
from storage import statements, things
from storage.pool import Database
from storage.statements import Runs, Statement
from tests.bridge.things import recoveries
from tests.storage import build, plans
from tests.storage.build import Tenant
from tests.storage.test_plans import FEW, calls, opening, page

OPEN = 5_000
LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is pending": {"status": "pending"},
    "what was answered": {"status": "answered"},
    "a kind": {"kind": "choice"},
    "a common tag": {"tag": "production"},
}


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    """An organization with very many open things and five questions, one of them answered."""
    tenant = await build.tenant(db)
    await build.question(db, tenant)
    async with db.acquire() as connection:
        await connection.execute(plans.PATIENT)
    await bulk.opened(db, tenant.scope, tenant.key_id, OPEN)
    for _ in range(4):
        await build.question(db, tenant)
    await db.fetch("analyze")
    return tenant


async def test_what_is_done_with_questions_reads_no_round(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    works: dict[str, tuple[Statement, dict[str, Any]]] = {
        f"list of {name}": (statements.load("interactions")["page"], page(question, **filters))
        for name, filters in LISTS.items()
    }
    works["open one more"] = (
        statements.load("interactions")["open"],
        opening(build.opening(tenant), max_pending=10_000),
    )
    works["claim"] = (statements.load("interactions")["claim"], calls(tenant, question)["claim"][1])
    assert await plans.that_read_more(db, works, FEW) == {}


async def test_what_is_done_with_one_thing_reads_no_other(db: Database, tenant: Tenant) -> None:
    thing = (await recoveries.opened(db, tenant)).after.thing
    request = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))
    one = {"organization_id": thing.organization_id, "id": thing.id}
    claim = {name: getattr(request, name) for name in request.__slots__ if name != "scope"} | {"thing_id": thing.id}
    source = {"organization_id": thing.organization_id, "source_type": "job", "source_id": "job-1"}
    sql, of_things = NOUN.table.sql, statements.load("things")
    works: dict[str, tuple[Statement, dict[str, Any]]] = {
        "lock": (sql["lock"], one),
        "get": (sql["get"], one),
        "find_open": (sql["find_open"], source),
        "due": (sql["due"], {"seconds": 60.0, "limit": 100}),
        "claim of a round": (
            statements.load("interactions")["claim"],
            {**claim, "organization_id": thing.organization_id, "connection_id": thing.connection_id},
        ),
        "lock_connection": (
            of_things["lock_connection"],
            {"organization_id": thing.organization_id, "connection_id": thing.connection_id},
        ),
        "newest_open": (
            of_things["newest_open"],
            {"organization_id": thing.organization_id, "connection_id": thing.connection_id, "limit": 10},
        ),
        "count": (of_things["count"], {"organization_id": thing.organization_id, "limit": 10}),
    }
    assert await plans.that_read_more(db, works, FEW) == {}


async def test_a_change_of_one_thing_reads_no_other(db: Database, tenant: Tenant) -> None:
    """Also with the plan for any values, which is made once, of whatever the tables hold at that time."""
    thing = (await recoveries.opened(db, tenant)).after.thing
    apply = NOUN.table.sql["apply"]
    decisions: dict[str, Callable[[Locked[Recovery]], Decision[Recovery]]] = {
        "report": lambda locked: life.reported(locked, recoveries.report_of(), recoveries.BY),
        "report of another failure": lambda locked: life.reported(
            locked, recoveries.report_of(fingerprint="worker/memory"), recoveries.BY
        ),
        "click that ends it": lambda locked: NOUN.move(locked, "restored", {}, {"user": "U0ANA"}),
    }
    works = {name: (apply, await _values(db, tenant, thing.id, decide, apply)) for name, decide in decisions.items()}
    assert await plans.that_read_more(db, works, FEW) == {}


async def test_missing_rounds_are_looked_for_by_index(db: Database, tenant: Tenant) -> None:
    """The look reads the open things, which is bounded by their quota, but no ended round and no question."""
    async with db.acquire() as connection:
        plan = await plans.run(connection, statements.load("things")["overlooked"], {"limit": 100}, "force_custom_plan")

    assert plans.rows_read(plan) <= 3 * OPEN + FEW
    assert "interactions_disconnected" in str(plan), "of the rounds that have ended"


class _Recording:
    """Runs statements, and keeps the arguments of one of them."""

    def __init__(self, runs: Runs, statement: Statement) -> None:
        self._runs = runs
        self._statement = statement
        self.values: dict[str, Any] = {}

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        if query == self._statement.sql:
            self.values = dict(zip(self._statement.parameters, args, strict=True))
        return await self._runs.fetch(query, *args)


async def _values(
    db: Database,
    tenant: Tenant,
    id: UUID,
    decide: Callable[[Locked[Recovery]], Decision[Recovery]],
    statement: Statement,
) -> dict[str, Any]:
    """The values of a statement that writes this decision, which is rolled back."""
    async with db.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        recording = _Recording(connection, statement)
        held = await things.lock_connection(recording, tenant.scope)
        locked = await transactions.lock(recording, NOUN, tenant.scope.organization_id, id)
        assert locked is not None
        await transactions.write(recording, NOUN, locked.thing, held, decide(locked), now=locked.now)
        await transaction.rollback()
    return recording.values
