"""SQL is SQL: statements live in `sql/<table>.sql`, named, and are called by name with keywords.

    -- name: get :maybe
    -- A line or more of purpose.
    select … where organization_id = $organization_id and id = $id;

`:one`, `:maybe`, `:many` and `:none` say how many rows come back. `$name` is a parameter; asyncpg gets it by position.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, Protocol

from asyncpg import Record

_NAME = re.compile(r"^-- name: *(?P<name>[a-z_]+) *:(?P<rows>one|maybe|many|none)$", re.MULTILINE)
_PARAMETER = re.compile(r"\$([a-z_]+)")


class Rows(StrEnum):
    """How many rows a statement gives."""

    ONE = "one"
    MAYBE = "maybe"
    MANY = "many"
    NONE = "none"


class Runs(Protocol):
    """What can run a statement: a pool or a connection."""

    async def fetch(self, query: str, *args: Any) -> list[Record]: ...


class DuplicateName(Exception):
    """Two statements of one file have the same name; only one of them would ever run."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement. Calling it with other keywords than its parameters is a TypeError."""

    table: str
    name: str
    rows: Rows
    purpose: str
    text: str  # as written, with $names
    sql: str  # as sent, with $1…
    parameters: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of `sql`."""
        if values.keys() != set(self.parameters):
            wrong = ", ".join(sorted(values.keys() ^ set(self.parameters)))
            raise TypeError(f"{self.table}.{self.name}: missing or unknown parameter: {wrong}")
        return [values[name] for name in self.parameters]

    async def many(self, db: Runs, **values: Any) -> list[Record]:
        """Every row."""
        return await db.fetch(self.sql, *self.arguments(values))

    async def maybe(self, db: Runs, **values: Any) -> Record | None:
        """The row, if there is one."""
        rows = await db.fetch(self.sql, *self.arguments(values))
        return rows[0] if rows else None

    async def one(self, db: Runs, **values: Any) -> Record:
        """The row that is always there."""
        (row,) = await db.fetch(self.sql, *self.arguments(values))
        return row

    async def run(self, db: Runs, **values: Any) -> None:
        """No row is expected."""
        await db.fetch(self.sql, *self.arguments(values))


def parse(table: str, source: str) -> dict[str, Statement]:
    """Cut one file into its statements; raises DuplicateName."""
    heads = list(_NAME.finditer(source))
    found: dict[str, Statement] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        body = source[head.end() : following.start() if following else None].strip()
        lines = body.splitlines()
        first = next(number for number, line in enumerate(lines) if not line.startswith("--"))
        text = "\n".join(lines[first:]).rstrip().removesuffix(";")
        parameters = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        if head["name"] in found:
            raise DuplicateName(f"sql/{table}.sql names {head['name']} twice")
        found[head["name"]] = Statement(
            table=table,
            name=head["name"],
            rows=Rows(head["rows"]),
            purpose=" ".join(line.removeprefix("--").strip() for line in lines[:first]),
            text=text,
            sql=_positional(text, parameters),
            parameters=parameters,
        )
    return found


def _positional(text: str, parameters: tuple[str, ...]) -> str:
    return _PARAMETER.sub(lambda match: f"${parameters.index(match[1]) + 1}", text)


def load(table: str) -> dict[str, Statement]:
    """Read the statements of `sql/<table>.sql`."""
    return parse(table, resources.files("sql").joinpath(f"{table}.sql").read_text("utf-8"))
