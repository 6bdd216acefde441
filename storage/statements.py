"""Loads the named SQL statements of `sql/<subject>.sql`, which are called by name with keywords.

    -- name: get :maybe
    -- A line or more of purpose.
    select /* part: columns */ from … where organization_id = $organization_id and id = $id;

`:one`, `:maybe`, `:many` and `:none` say how many rows the statement returns. `$name` is a parameter, which is sent by
position.

Text that several statements share is a part: it stands once, under `-- part: columns` in the same file or in
`sql/parts.sql`, and replaces each `/* part: columns */`. A part takes no arguments and contains no other part.
`make sql NAME=interactions.claim` prints a statement as it is sent.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, Protocol

from asyncpg import Record

_HEAD = re.compile(
    r"^-- (?:name: *(?P<name>[a-z_]+) *:(?P<rows>one|maybe|many|none)|part: *(?P<part>[a-z_]+))$", re.MULTILINE
)
_PART = re.compile(r"(?P<indent>^ *)?/\* part: (?P<part>[a-z_]+) \*/", re.MULTILINE)
_SHARED = "parts"
_PARAMETER = re.compile(r"\$([a-z_]+)")


class Rows(StrEnum):
    """How many rows a statement returns."""

    ONE = "one"
    MAYBE = "maybe"
    MANY = "many"
    NONE = "none"


class Runs(Protocol):
    """Can run a statement: a pool or a connection."""

    async def fetch(self, query: str, *args: Any) -> list[Record]: ...


class DuplicateName(Exception):
    """Two statements, or two parts, of one file have the same name, so that one of them would never run."""


class NestedPart(Exception):
    """A part contains the mark of another part, which would be sent as a comment."""


class UnknownPart(Exception):
    """A statement names a part that is neither in its own file nor in `sql/parts.sql`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement. Calling it with keywords other than its parameters raises TypeError."""

    table: str
    name: str
    rows: Rows
    purpose: str
    text: str  # as written, with $names and with its parts in place
    sql: str  # as sent, with $1…
    parameters: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the parameters of `sql`."""
        if values.keys() != set(self.parameters):
            wrong = ", ".join(sorted(values.keys() ^ set(self.parameters)))
            raise TypeError(f"{self.table}.{self.name}: missing or unknown parameter: {wrong}")
        return [values[name] for name in self.parameters]

    async def many(self, db: Runs, **values: Any) -> list[Record]:
        """Return all rows."""
        return await db.fetch(self.sql, *self.arguments(values))

    async def maybe(self, db: Runs, **values: Any) -> Record | None:
        """Return the row, or None if there is none."""
        rows = await db.fetch(self.sql, *self.arguments(values))
        return rows[0] if rows else None

    async def one(self, db: Runs, **values: Any) -> Record:
        """Return the one row that the statement always returns."""
        (row,) = await db.fetch(self.sql, *self.arguments(values))
        return row

    async def run(self, db: Runs, **values: Any) -> None:
        """Run a statement that returns no rows."""
        await db.fetch(self.sql, *self.arguments(values))


def parse(table: str, source: str, *, shared: Mapping[str, str] | None = None) -> dict[str, Statement]:
    """Return the statements of one file by name; `shared`: the parts of `sql/parts.sql`.

    Raises DuplicateName and UnknownPart.
    """
    found: dict[str, Statement] = {}
    own = parts(table, source)
    if twice := own.keys() & (shared or {}).keys():
        raise DuplicateName(f"sql/{table}.sql has a part of sql/parts.sql: {', '.join(sorted(twice))}")
    known = {**(shared or {}), **own}
    for head, body in _cut(source):
        if head["name"] is None:
            continue
        purpose, written = _purpose(body)
        text = _expanded(written.removesuffix(";"), known, where=f"{table}.{head['name']}")
        parameters = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        if head["name"] in found:
            raise DuplicateName(f"sql/{table}.sql names {head['name']} twice")
        found[head["name"]] = Statement(
            table=table,
            name=head["name"],
            rows=Rows(head["rows"]),
            purpose=purpose,
            text=text,
            sql=_positional(text, parameters),
            parameters=parameters,
        )
    return found


def parts(table: str, source: str) -> dict[str, str]:
    """Return the parts of one file by name; raises DuplicateName and NestedPart."""
    found: dict[str, str] = {}
    for head, body in _cut(source):
        if (name := head["part"]) is None:
            continue
        if name in found:
            raise DuplicateName(f"sql/{table}.sql has the part {name} twice")
        found[name] = _purpose(body)[1]
        if _PART.search(found[name]):
            raise NestedPart(f"sql/{table}.sql: the part {name} has another part in it")
    return found


def _cut(source: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each head of a file with the text below it."""
    heads = list(_HEAD.finditer(source))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield head, source[head.end() : following.start() if following else None].strip()


def _purpose(body: str) -> tuple[str, str]:
    """Return the comment at the top of `body`, which says what the SQL is for, as one line, and the SQL below it."""
    lines = body.splitlines()
    first = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    purpose = " ".join(line.removeprefix("--").strip() for line in lines[:first])
    return purpose, "\n".join(lines[first:]).rstrip()


def _expanded(text: str, known: Mapping[str, str], *, where: str) -> str:
    """Return the text with its parts in place; a part on lines of its own is indented like its mark."""

    def of(mark: re.Match[str]) -> str:
        if (part := known.get(mark["part"])) is None:
            raise UnknownPart(f"{where}: there is no part {mark['part']}")
        indent = mark["indent"] or ""
        return "\n".join(f"{indent}{line}" if line else line for line in part.splitlines())

    return _PART.sub(of, text)


def _positional(text: str, parameters: tuple[str, ...]) -> str:
    return _PARAMETER.sub(lambda match: f"${parameters.index(match[1]) + 1}", text)


def load(table: str) -> dict[str, Statement]:
    """Return the statements of `sql/<subject>.sql` by name."""
    return parse(table, _read(table), shared=parts(_SHARED, _read(_SHARED)) if table != _SHARED else None)


def _read(table: str) -> str:
    return resources.files("sql").joinpath(f"{table}.sql").read_text("utf-8")


def main(name: str = "") -> None:
    """Print a statement as it is sent, with the names of its parameters; for psql, put `prepare … as` before it."""
    table, _, wanted = name.partition(".")
    try:
        statement = load(table)[wanted]
    except (FileNotFoundError, KeyError):
        sys.exit(f"sql/*.sql has no statement {name or '(say which)'}. One of them: make sql NAME=interactions.claim")
    parameters = [f"-- ${number}: {parameter}\n" for number, parameter in enumerate(statement.parameters, start=1)]
    text = f"-- {statement.purpose}\n{''.join(parameters)}{statement.sql};\n"
    try:
        print(text, end="", flush=True)  # noqa: T201  -- printing is what this command does
    except OSError as error:  # as behind `| head`; the interpreter would flush stdout again, and end with 120
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"The statement cannot be written: {error.strerror}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
