"""Rules of work items tried in SQL: the tables refuse every row that the life of an item does not have."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge.things.work import NOUN
from bridge.things.work.request import RESERVED
from bridge.things.work.row import LeaseEnd, Status, WorkItem
from storage.pool import Database
from tests.bridge.things.constraints import thing
from tests.bridge.things.samples import ANA, KEY, NOW, later
from tests.bridge.things.work.building import row, states
from tests.bridge.things.work.checks import violated
from tests.storage import build
from tests.storage.build import Tenant

STAMPS: list[dict[str, Any]] = [
    {"holder_agent": "worker-2"},
    {"holder_user": "U0ANA"},
    {"holder_name": "ana"},
    {"holder_agent": "worker-2", "holder_user": "U0ANA"},
    {"leased_at": NOW},
    {"leased_until": NOW},
    {"leased_at": NOW, "leased_until": later()},
    {"leased_at": later(), "leased_until": NOW},
    {"blocked_reason": "x"},
    {"result": "x"},
    {"done_by": ANA},
    {"done_by": KEY | {"agent": "worker-2"}},
    {"done_by": {"agent": "worker-2"}},
    {"done_at": NOW},
    {"done_by": ANA, "done_at": NOW},
    {"refresh_at": NOW},
    {"unmet": -1},
    {"unmet": 3},
    {"attempts": -1},
    {"attempts": 0},
    {"attempts": 7},
    {"priority": 1_001},
    {"priority": -1_001},
    {"priority": -1_000},
    {"take_seconds": 0},
    *({"lease_end": end} for end in [*map(str, LeaseEnd), "expired", None]),
    *({"status": status} for status in [*map(str, Status), "claimed"]),
]
LEFT_OUT = [
    *("holder_agent", "holder_user", "holder_name", "leased_at", "leased_until"),
    *("lease_end", "blocked_reason", "result", "done_by", "done_at"),
]


def rows() -> Iterator[WorkItem]:
    """Every state, each of them with each stamp set or cleared, and each status with each end of a lease."""
    for found in states():
        yield found
        yield from (replace(found, **stamp) for stamp in STAMPS)
        yield from (replace(found, **{name: None}) for name in LEFT_OUT)  # type: ignore[arg-type]  # columns that may be null
        for status, end in itertools.product(Status, [*LeaseEnd, None]):
            yield replace(found, status=status.value, lease_end=end and end.value)


async def insert(connection: Any, tenant: Tenant, id: UUID, found: WorkItem) -> None:
    """Insert the row of an item, without its dependencies."""
    columns = [column.name for column in dataclasses.fields(found) if column.name != "dependencies"]
    names, numbers = ", ".join(columns), ", ".join(f"${number}" for number in range(4, 4 + len(columns)))
    await connection.execute(
        f"insert into work_items (organization_id, id, created_at, {names}) values ($1, $2, $3, {numbers})",
        tenant.scope.organization_id,
        id,
        NOW,
        *(getattr(found, name) for name in columns),
    )


async def refused(connection: Any, tenant: Tenant, id: UUID, found: WorkItem) -> bool:
    """Whether a CHECK refuses the row; it is not kept in any case."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        await insert(connection, tenant, id, found)
    except asyncpg.CheckViolationError:
        return True
    finally:
        await attempt.rollback()
    return False


async def test_the_table_refuses_just_the_rows_that_no_item_has(db: Database) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection, connection.transaction():
        id = await thing(connection, tenant, NOUN)
        unique = list({repr(found): found for found in rows()}.values())
        tried = [(found, await refused(connection, tenant, id, found)) for found in unique]

    assert [found for found, is_refused in tried if is_refused != bool(violated(found))] == []
    assert {found.status for found, is_refused in tried if not is_refused} == {*map(str, Status)}
    assert sum(is_refused for _, is_refused in tried) > 200


@pytest.mark.parametrize("name", ["", "-a", "a b", "a\n", "ä", "x" * 101, "wrk_x", *sorted(RESERVED)])
async def test_the_table_refuses_an_id_that_is_no_path_or_means_something_else(db: Database, name: str) -> None:
    tenant = await build.tenant(db)
    async with db.acquire() as connection, connection.transaction():
        assert await refused(connection, tenant, await thing(connection, tenant, NOUN), replace(row(), name=name))


@pytest.mark.parametrize("name", ["a", "7", "JIRA-17.b_c", "x" * 100, "wrk", "leases", "reclaim-7", "Wrk_x"])
async def test_an_id_is_of_one_item_of_an_organization(db: Database, name: str) -> None:
    tenant, other = await build.tenant(db), await build.tenant(db)
    async with db.acquire() as connection:
        for of in (tenant, other):
            await insert(connection, of, await thing(connection, of, NOUN), replace(row(), name=name))
        for _ in range(2):
            await insert(connection, tenant, await thing(connection, tenant, NOUN), row())
        with pytest.raises(asyncpg.UniqueViolationError):
            await insert(connection, tenant, await thing(connection, tenant, NOUN), replace(row(), name=name))


async def test_a_dependency_outlives_what_it_names_and_goes_with_its_item(db: Database) -> None:
    tenant = await build.tenant(db)
    link = (
        "insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)"
        " values ($1, $2, $3, 'schema', true, clock_timestamp())"
    )
    async with db.acquire() as connection:
        id, schema = [await thing(connection, tenant, NOUN) for _ in range(2)]
        for each in (id, schema):
            await insert(connection, tenant, each, row())
        organization_id = tenant.scope.organization_id
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(link, organization_id, id, id)
        await connection.execute(link, organization_id, id, schema)
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(link, organization_id, id, schema)

        await connection.execute("delete from things where id = $1", schema)
        assert len(await connection.fetch("select from work_dependencies where is_met")) == 1
        await connection.execute("delete from things where id = $1", id)
        assert await connection.fetch("select from work_dependencies") == []
        assert await connection.fetch("select from work_items") == []
