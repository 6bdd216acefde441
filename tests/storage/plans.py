"""Executed plans of statements: how PostgreSQL runs them among many rows, and how many rows they read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from asyncpg.pool import PoolConnectionProxy

from storage.pool import Database
from storage.statements import Statement
from tests.storage.build import Tenant

PATIENT = "set statement_timeout = '60s'"  # filling the tables takes longer than any statement of a replica may
MODES = ("force_custom_plan", "force_generic_plan")  # planned for its values, and for any values


async def fill(db: Database, tenant: Tenant, script: str) -> None:
    """Run a script whose $1, $2 and $3 are the tenant's organization, connection and key; then analyze every table."""
    values = (tenant.scope.organization_id, tenant.scope.connection_id, tenant.key_id)
    for number, value in enumerate(values, 1):
        script = script.replace(f"${number}", f"'{value}'")
    async with db.acquire() as connection:
        await connection.execute(PATIENT)
        await connection.execute(script, timeout=60)
        await connection.execute("analyze", timeout=60)


async def run(connection: PoolConnectionProxy, statement: Statement, values: dict[str, Any], mode: str) -> Any:
    """Return PostgreSQL's executed plan of one call, planned in one of the two modes; the call is rolled back."""
    prepared = await connection.prepare(statement.sql)
    types = [type.name for type in prepared.get_parameters()]
    arguments = [
        await connection.fetchval(f"select quote_nullable(($1::{type})::text)", value)
        for type, value in zip(types, statement.arguments(values), strict=True)
    ]
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"set local plan_cache_mode = {mode}")
        await connection.execute(f"prepare tried{_listed(types)} as {statement.sql}")
        said = await connection.fetchval(f"explain (analyze, format json) execute tried{_listed(arguments)}")
    finally:
        await transaction.rollback()
        await connection.execute("deallocate tried")
    return json.loads(said)[0]["Plan"]


def _listed(what: list[str]) -> str:
    """Return the list in parentheses, or an empty text for an empty list, as PREPARE and EXECUTE require."""
    return f" ({', '.join(what)})" if what else ""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan, the outer ones first."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes that read a table."""
    return [node for node in nodes(plan) if "Relation Name" in node and node["Node Type"] != "ModifyTable"]


def rows_read(plan: dict[str, Any]) -> float:
    """How many rows of tables were read, also those that were not needed; each node has the average of its loops."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return float(
        sum(
            node["Actual Loops"] * (node["Actual Rows"] + sum(node.get(name, 0) for name in removed))
            for node in scans(plan)
        )
    )


async def that_read_more(
    db: Database, calls: Mapping[str, tuple[Statement, dict[str, Any]]], rows: int
) -> dict[str, float]:
    """The calls that read more than so many rows, in any mode, with how many they read."""
    found: dict[str, float] = {}
    async with db.acquire() as connection:
        for name, (statement, values) in calls.items():
            for mode in MODES:
                if (read := rows_read(await run(connection, statement, values, mode))) > rows:
                    found[f"{name}, {mode}"] = read
    return found
