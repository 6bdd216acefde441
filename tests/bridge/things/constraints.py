"""Rows of a noun's table tried in SQL, as no statement of the bridge would write them."""

import dataclasses
from typing import Any
from uuid import UUID

import asyncpg

from bridge import ids
from bridge.things.contract import Noun
from tests.storage.build import Tenant


async def thing(connection: Any, tenant: Tenant, noun: Noun[Any]) -> UUID:
    """A thing that has no row of its noun yet."""
    id = ids.new()
    await connection.execute(
        "insert into things (organization_id, id, noun, connection_id, key_id, opened_by, addresses)"
        " values ($1, $2, $3, $4, $5, 'watchdog', '[]')",
        tenant.scope.organization_id,
        id,
        noun.name,
        tenant.scope.connection_id,
        tenant.key_id,
    )
    return id


async def insert(connection: Any, tenant: Tenant, noun: Noun[Any], id: UUID, row: Any) -> None:
    """Insert the row of a thing."""
    columns = [column.name for column in dataclasses.fields(row)]
    numbers = ", ".join(f"${number}" for number in range(3, 3 + len(columns)))
    await connection.execute(
        f"insert into {noun.table.name} (organization_id, id, {', '.join(columns)}) values ($1, $2, {numbers})",
        tenant.scope.organization_id,
        id,
        *(getattr(row, name) for name in columns),
    )


async def refused(connection: Any, tenant: Tenant, noun: Noun[Any], id: UUID, row: Any) -> bool:
    """Whether a check refuses the row, which is not kept in any case."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        await insert(connection, tenant, noun, id, row)
    except asyncpg.CheckViolationError:
        return True
    finally:
        await attempt.rollback()
    return False
