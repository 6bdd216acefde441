"""Rules of recoveries tried in SQL: the table refuses every row that the life of a recovery does not have."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge.things.recovery import NOUN
from bridge.things.recovery.row import Outcome, Recovery, Status
from storage.model import Json
from storage.pool import Database
from tests.bridge.things.constraints import insert, refused, thing
from tests.bridge.things.recovery.building import row
from tests.bridge.things.recovery.checks import violated
from tests.bridge.things.samples import ANA, NOW
from tests.storage import build

BLOCKER: Json = {"external": {"type": "link", "id": "x"}}


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
        id = await thing(connection, tenant, NOUN)
        tried = [(found, await refused(connection, tenant, NOUN, id, found)) for found in rows(id)]

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
            await insert(connection, tenant, NOUN, await thing(connection, tenant, NOUN), found)
        await insert(connection, other, NOUN, await thing(connection, other, NOUN), row())
        await insert(connection, tenant, NOUN, await thing(connection, tenant, NOUN), row(source_id="4712"))

        for status in ("active", "escalated"):
            id, again = await thing(connection, tenant, NOUN), replace(row(), status=status, escalated_at=NOW)
            with pytest.raises(asyncpg.UniqueViolationError):
                await insert(connection, tenant, NOUN, id, again)


async def test_a_blocker_is_a_thing_of_the_same_organization(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    how: dict[str, Any] = {"status": "resolved", "outcome": "blocked", "resolved_at": NOW, "resolved_by": ANA}
    async with db.acquire() as connection:
        foreign = await thing(connection, other, NOUN)
        blocked = row(blocker={"id": "rec_1"}, blocker_id=foreign, **how)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await insert(connection, tenant, NOUN, await thing(connection, tenant, NOUN), blocked)
        own = await thing(connection, tenant, NOUN)
        await insert(connection, tenant, NOUN, await thing(connection, tenant, NOUN), replace(blocked, blocker_id=own))
