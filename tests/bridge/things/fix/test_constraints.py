"""Rules of fixes tried in SQL: the table refuses every row that the life of a fix does not have."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from bridge import ids
from bridge.things.fix import NOUN
from bridge.things.fix.row import Decided, Fix, Outcome
from storage.pool import Database
from tests.bridge.things.constraints import insert, refused, thing
from tests.bridge.things.fix.building import row, states
from tests.bridge.things.fix.checks import violated
from tests.bridge.things.samples import ANA, KEY, NOW
from tests.storage import build

STAMPS: list[dict[str, Any]] = [
    {"decided_at": NOW, "decided_by": ANA},
    {"decided_at": NOW, "decided_by": KEY},
    {"decided_at": NOW},
    {"decided_by": ANA},
    {"outcome_at": NOW, "outcome_by": ANA},
    {"outcome_at": NOW},
    {"outcome_by": ANA},
    {"applied_at": NOW},
    {"verified_at": NOW},
    {"applied_at": NOW, "verified_at": NOW},
    {"partial_notes": "x"},
    {"failure_reason": "x"},
    {"waiting_on": "x"},
    {"waiting_since": NOW},
    {"waiting_on": "x", "waiting_since": NOW},
    {"outcome_proposal": {"outcome": "applied_success"}},
    {"due_at": NOW},
    {"superseded_at": NOW},
    {"confidence": -1},
    {"confidence": 101},
    {"template": {"id": "x"}, "script": "x"},
    {"parameters": {}},
]
GONE = dict.fromkeys(("decision", "decided_at", "decided_by", "outcome_at", "outcome_by", "applied_at", "verified_at"))
LEFT_OUT = [*GONE, "partial_notes", "failure_reason", "waiting_on", "waiting_since", "superseded_at"]


def rows() -> Iterator[Fix]:
    """Every state, each of them with each stamp set or cleared, and each decision with each outcome."""
    for found in states():
        yield found
        yield from (replace(found, **stamp) for stamp in STAMPS)
        yield from (replace(found, **{name: None}) for name in LEFT_OUT)  # type: ignore[arg-type]  # stamps
        yield from (replace(found, decision=each) for each in [*map(str, Decided), "postponed", None])
        yield from (replace(found, outcome=each) for each in [*map(str, Outcome), "applied"])


async def test_the_table_refuses_just_the_rows_that_no_fix_has(db: Database) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection, connection.transaction():
        id, newer = [await thing(connection, tenant, NOUN) for _ in range(2)]
        of_database = [replace(found, superseded_by=found.superseded_by and newer) for found in rows()]
        unique = list({repr(found): found for found in of_database}.values())
        tried = [(found, await refused(connection, tenant, NOUN, id, found)) for found in unique]

    assert [found for found, is_refused in tried if is_refused != bool(violated(found))] == []
    kept = {(found.decision, found.outcome) for found, is_refused in tried if not is_refused}
    every = set(itertools.product([None, *map(str, Decided)], map(str, Outcome)))
    assert kept == every - {("dismissed", outcome) for outcome in Outcome if outcome is not Outcome.DISMISSED}


async def test_a_session_has_one_active_fix_and_any_number_that_were_superseded(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    async with db.acquire() as connection:
        old = [await thing(connection, tenant, NOUN) for _ in range(3)]
        for id in old[:2]:
            await insert(connection, tenant, NOUN, id, replace(row(), superseded_at=NOW))
        await insert(connection, tenant, NOUN, old[2], row())

        with pytest.raises(asyncpg.UniqueViolationError):
            await insert(connection, tenant, NOUN, await thing(connection, tenant, NOUN), row())
        for elsewhere, session in ((tenant, "another"), (other, row().session)):
            of = await thing(connection, elsewhere, NOUN)
            await insert(connection, elsewhere, NOUN, of, replace(row(), session=session))


async def test_a_fix_outlives_the_one_that_superseded_it_and_is_not_its_own_successor(db: Database) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection:
        id, newer = [await thing(connection, tenant, NOUN) for _ in range(2)]
        for wrong, error in ((id, asyncpg.CheckViolationError), (ids.new(), asyncpg.ForeignKeyViolationError)):
            with pytest.raises(error):
                await insert(connection, tenant, NOUN, id, replace(row(), superseded_at=NOW, superseded_by=wrong))
        await insert(connection, tenant, NOUN, id, replace(row(), superseded_at=NOW, superseded_by=newer))

        await connection.execute("delete from things where id = $1", newer)

        [left] = await connection.fetch("select superseded_at, superseded_by from fixes")
        assert tuple(left) == (NOW, None)
