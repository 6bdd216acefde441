"""Indexes built without blocking writes: outside a transaction, and anew if an earlier try was interrupted.

A plain `create index` blocks every write to its table until it is done, which takes minutes on a large table. The
concurrent form does not; it cannot run in a transaction, so an interruption leaves an invalid index behind.
"""

import re
from dataclasses import dataclass

from storage import statements
from storage.pool import PoolConnection

_SQL = statements.load("catalog")

_MARK = "-- outside a transaction\n"
_COMMENT = re.compile(r"--[^\n]*")
_BUILD = re.compile(r"\s*(create (?:unique )?index concurrently (?P<name>[a-z_]+)\s+on\s[^;]+);\s*")


class NotRepeatable(Exception):
    """A migration outside a transaction may only create indexes concurrently: anything else could be left half done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index to be built."""

    name: str
    sql: str


def outside_a_transaction(name: str, sql: str) -> list[Index]:
    """Return the indexes that a migration marked as outside a transaction builds; none for any other migration.

    Raises NotRepeatable if a marked migration does anything else.
    """
    if not sql.startswith(_MARK):
        return []
    text, position, found = _COMMENT.sub("", sql), 0, []
    while position < len(text):
        match = _BUILD.match(text, position)
        if match is None:
            raise NotRepeatable(f"{name}: {text[position:].strip()[:60]}")
        found.append(Index(name=match["name"], sql=match[1]))
        position = match.end()
    return found


async def build(connection: PoolConnection, index: Index) -> None:
    """Build an index unless it is there and complete; what an interrupted try left behind is dropped first."""
    row = await _SQL["index"].maybe(connection, name=index.name)
    if row and row["is_complete"]:
        return
    if row:
        await connection.execute(f"drop index concurrently {index.name}")
    await connection.execute(index.sql)
