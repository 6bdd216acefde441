"""Rules of recoveries tried in SQL: the table refuses every row that the life of a recovery does not have."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json
from storage.pool import Database
from tests.bridge.things.recovery.building import ANA, NOW, row
from tests.bridge.things.recovery.checks import violated
from tests.storage import build

COLUMNS = [column.name for column in dataclasses.fields(Recovery)]
BLOCKER: Json = {"external": {"type": "link", "id": "x"}}


async def thing(connection: Any, tenant: build.Tenant) -> UUID:
    """A thing that has no row of its noun yet."""
    id = ids.new()
    await connection.execute(
        "insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses)"
        " values ($1, $2, 'recovery', $3, $4, 'watchdog', '[]')",
        tenant.scope.organization_id,
        id,
        tenant.scope.connection_id,
        tenant.key_id,
    )
    return id


async def insert(connection: Any, tenant: build.Tenant, id: UUID, found: Recovery) -> None:
    numbers = ", ".join(f"${number}" for number in range(3, 3 + len(COLUMNS)))
    await connection.execute(
        f"insert into recoveries (organization_id, id, {', '.join(COLUMNS)}) values ($1, $2, {numbers})",
        tenant.scope.organization_id,
        id,
        *(getattr(found, name) for name in COLUMNS),
    )


async def refused(connection: Any, tenant: build.Tenant, id: UUID, found: Recovery) -> bool:
    """Whether a check refuses the row, which is not kept in any case."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        await insert(connection, tenant, id, found)
    except asyncpg.CheckViolationError:
        return True
    finally:
        await attempt.rollback()
    return False


def rows(own: UUID) -> Iterator[Recovery]:
    """Every status with every outcome and all else that depends on them, and each other check violated by itself."""
    for status, outcome, at, by, blocker, escalated, due in itertools.product(
        Status, (None, *Outcome), (None, NOW), (None, ANA), (None, BLOCKER), (None, NOW), (None, NOW)
    ):
        yield row(
            status=status.value,
            outcome=outcome,
            resolved_at=at,
            resolved_by=by,
            blocker=blocker,
            escalated_at=escalated,
            due_at=due,
        )
    others: list[Json] = [
        {"status": "open"},
        {"owner_agent": "deployer", "owner_user": "U0ANA"},
        {"max_attempts": 0},
        {"attempt_count": 0},
        {"escalation_step": -1},
        {"blocker_id": own},
    ]
    yield from (row(**changes) for changes in others)


async def test_the_table_refuses_just_the_rows_that_no_recovery_has(db: Database) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection, connection.transaction():
        id = await thing(connection, tenant)
        tried = [(found, await refused(connection, tenant, id, found)) for found in rows(id)]

    assert [found for found, is_refused in tried if is_refused != bool(violated(found))] == []
    pairs = {(found.status, found.outcome) for found, is_refused in tried if not is_refused}
    assert pairs == {
        ("active", None),
        ("escalated", None),
        ("resolved", "restored"),
        ("resolved", "blocked"),
        ("resolved", "false_positive"),
        ("cancelled", "cancelled"),
    }


async def test_a_source_has_one_open_row_and_any_number_that_ended(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    ended = row(status="cancelled", outcome="cancelled", resolved_at=NOW, resolved_by=ANA)
    async with db.acquire() as connection:
        for found in (ended, ended, row()):
            await insert(connection, tenant, await thing(connection, tenant), found)
        await insert(connection, other, await thing(connection, other), row())
        await insert(connection, tenant, await thing(connection, tenant), row(source_id="4712"))

        for status in ("active", "escalated"):
            id, again = await thing(connection, tenant), replace(row(), status=status, escalated_at=NOW)
            with pytest.raises(asyncpg.UniqueViolationError):
                await insert(connection, tenant, id, again)


async def test_a_blocker_is_a_thing_of_the_same_organization(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    how: dict[str, Any] = {"status": "resolved", "outcome": "blocked", "resolved_at": NOW, "resolved_by": ANA}
    async with db.acquire() as connection:
        foreign = await thing(connection, other)
        blocked = row(blocker={"id": "rec_1"}, blocker_id=foreign, **how)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await insert(connection, tenant, await thing(connection, tenant), blocked)
        own = await thing(connection, tenant)
        await insert(connection, tenant, await thing(connection, tenant), replace(blocked, blocker_id=own))
