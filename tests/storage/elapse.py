"""Lets time pass in the database without waiting: the only place where tests move the timestamps of rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from storage.statements import Runs

_TIMESTAMPS = """
    select attname from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and atttypid = 'timestamptz'::regtype
"""


async def elapse(
    db: Runs, table: str, by: timedelta, *args: Any, where: str = "true", columns: Sequence[str] | None = None
) -> int:
    """Move every timestamp of the rows of a table back, as if this much time had passed for them.

    With `columns` only these are moved. `where` is SQL; its $1, $2 … are `args`. Returns how many rows there were.
    """
    if columns is None:
        columns = [row["attname"] for row in await db.fetch(_TIMESTAMPS, table)]
    moved = ", ".join(f"{column} = {column} - ${len(args) + 1}::interval" for column in columns)
    return len(await db.fetch(f"update {table} set {moved} where {where} returning 1", *args, by))


async def set_time(
    db: Runs, table: str, column: str, ahead: timedelta = timedelta(), *args: Any, where: str = "true"
) -> int:
    """Put one timestamp of the rows of a table so far ahead of now, or behind now where `ahead` is negative.

    `where` is SQL; its $1, $2 … are `args`. Returns how many rows there were.
    """
    moved = f"{column} = clock_timestamp() + ${len(args) + 1}::interval"
    return len(await db.fetch(f"update {table} set {moved} where {where} returning 1", *args, ahead))


async def set_deadline(db: Runs, interaction_id: UUID, ahead: timedelta = timedelta(milliseconds=-1)) -> None:
    """Put the deadline of an interaction so far ahead of now, or behind now where `ahead` is negative.

    The interaction becomes a day older, since its deadline comes after its creation.
    """
    await db.fetch(
        "update interactions set created_at = clock_timestamp() - interval '1 day', "
        "expires_at = clock_timestamp() + $2::interval where id = $1",
        interaction_id,
        ahead,
    )


async def set_deadlines(db: Runs, *args: Any, where: str, at: datetime | None = None) -> list[Record]:
    """Move the deadlines of the pending interactions that `where` selects to `at`, or to now.

    `where` is SQL; its $1, $2 … are `args`. Returns the id and deadline of each. They become a day older.
    """
    return await db.fetch(
        "update interactions set created_at = created_at - interval '1 day', "
        f"expires_at = coalesce(${len(args) + 1}::timestamptz, clock_timestamp()) "
        f"where status = 'pending' and {where} returning id, expires_at",
        *args,
        at,
    )
