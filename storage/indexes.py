"""Indexes that are built while everybody works: outside a transaction, and anew when an earlier try was cut short.

A plain `create index` keeps every click out of its table until it is done, which on a large one takes minutes. The
concurrent one does not; it cannot run in a transaction, so a death in the middle leaves an index that is not valid.
"""

import re
from dataclasses import dataclass

from storage import statements
from storage.pool import Connection

_SQL = statements.load("catalog")

_MARK = "-- outside a transaction\n"
_COMMENT = re.compile(r"--[^\n]*")
_BUILD = re.compile(r"\s*(create (?:unique )?index concurrently (?P<name>[a-z_]+)\s+on\s[^;]+);\s*")


class NotRepeatable(Exception):
    """A migration outside a transaction may only create indexes concurrently: all else could be left half done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index to be built."""

    name: str
    sql: str


def outside_a_transaction(name: str, sql: str) -> list[Index]:
    """What a migration that is marked so builds; nothing for any other. Raises NotRepeatable."""
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


async def build(connection: Connection, index: Index) -> None:
    """Have this index, complete. What an interrupted try left is dropped first; what is there already is left alone."""
    row = await _SQL["index"].maybe(connection, name=index.name)
    if row and row["is_complete"]:
        return
    if row:
        await connection.execute(f"drop index concurrently {index.name}")
    await connection.execute(index.sql)
