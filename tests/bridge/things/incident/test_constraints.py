"""Rules of incidents tried in SQL: the tables refuse every row that the life of an incident does not have."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from bridge.things.incident import NOUN
from bridge.things.incident.row import Incident, Severity, Status
from storage.pool import Database
from tests.bridge.things.constraints import insert, refused, thing
from tests.bridge.things.incident.building import row
from tests.bridge.things.incident.checks import violated
from tests.bridge.things.samples import ANA, NOW
from tests.storage import build


def rows() -> Iterator[Incident]:
    """Every status and severity with or without an end, and each other check violated by itself."""
    for status, severity, at in itertools.product([*Status, "open"], [*Severity, "huge"], (None, NOW)):
        yield replace(row(), status=str(status), severity=str(severity), resolved_at=at)
    update = {"id": str(ids.new()), "message": "x", "changes": None, "by": ANA, "at": NOW.isoformat()}
    broken: list[dict[str, Any]] = [
        {"systems": []},
        {"systems": ["a", None]},
        {"update_count": -1},
        {"update_count": 1},
        {"recent_updates": [update]},
        {"update_count": 3, "recent_updates": [update] * 2},
        {"update_count": 30, "recent_updates": [update] * 20},
        {"update_count": 30, "recent_updates": [update] * 30},
    ]
    yield from (row(**changes) for changes in broken)


async def test_the_table_refuses_just_the_rows_that_no_incident_has(db: Database) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection, connection.transaction():
        id = await thing(connection, tenant, NOUN)
        tried = [(found, await refused(connection, tenant, NOUN, id, found)) for found in rows()]

    assert [found for found, is_refused in tried if is_refused != bool(violated(found))] == []
    assert {found.status for found, is_refused in tried if not is_refused} == set(Status)


async def test_an_update_says_or_changes_something_and_has_a_number_of_its_own(db: Database) -> None:
    tenant = await build.tenant(db)
    organization = tenant.scope.organization_id
    async with db.acquire() as connection:
        id = await thing(connection, tenant, NOUN)
        await insert(connection, tenant, NOUN, id, row())

        async def add(number: int, message: str | None, changes: Any, *, to: UUID = id) -> None:
            await connection.execute(
                "insert into incident_updates (organization_id, incident_id, number, id, message, changes, by, at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8)",
                *(organization, to, number, ids.new(), message, changes, ANA, NOW),
            )

        await add(1, "x", None)
        await add(2, None, {"status": {"from": "fixing", "to": "resolved"}})
        for wrong, error in (
            ((3, None, None), asyncpg.CheckViolationError),
            ((0, "x", None), asyncpg.CheckViolationError),
            ((2, "x", None), asyncpg.UniqueViolationError),
        ):
            with pytest.raises(error):
                await add(*wrong)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await add(1, "x", None, to=await thing(connection, tenant, NOUN))


async def test_updates_and_runs_go_with_their_incident_and_stay_in_their_organization(db: Database) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    link = "insert into incident_runs (organization_id, run, incident_id, linked_at) values ($1, 'r', $2, now())"
    async with db.acquire() as connection:
        id = await thing(connection, tenant, NOUN)
        await insert(connection, tenant, NOUN, id, row())
        await connection.execute(link, tenant.scope.organization_id, id)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(link, other.scope.organization_id, id)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await insert(connection, other, NOUN, id, row())

        await connection.execute("delete from things where id = $1", id)

        for table in ("incidents", "incident_updates", "incident_runs"):
            assert await connection.fetch(f"select from {table}") == []
