"""Checks the scope of SQL: which pieces of a statement touch a tenant's table without naming the organization.

It understands only the SQL of this project: pieces (the statement itself, its CTEs, its sub-selects), the tables that
each piece names, and the equalities that tie a table to `$organization_id` or to a piece that is tied itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from storage.statements import Statement

_NOISE = re.compile(r"--[^\n]*|\bfor (?:no key )?(?:update|share|key share)(?: of \w+)?(?: skip locked)?")
_CTE = re.compile(r"(\w+) as (?:materialized )?$")
_SOURCES = re.compile(r"(?:\bfrom|\bjoin|(?<!do )\bupdate|\busing) (\w+(?:, \w+)*)")
_WATCHED = re.compile(r"unnest\(\$organization_ids\b.*?\) as (\w+) \(organization_id\b")
_TIE = re.compile(r"(?:(\w+)\.)?organization_id = (?:\$organization_id|(\w+)\.organization_id)")
_INSERT = re.compile(r"insert into (\w+) ?\( ?(\w+).*?\) ?(?:select|values ?\() ?(\$|\w+\.)?(\w+)")
_CONFLICT = re.compile(r"on conflict \((\w+).*? do (update|nothing)(.*)")

_TABLE = re.compile(r"^CREATE TABLE (\w+) \(\n    organization_id ", re.MULTILINE)

TENANT = frozenset(_TABLE.findall(resources.files("sql").joinpath("schema.sql").read_text("utf-8")))


@dataclass(frozen=True)
class Piece:
    """A CTE, a sub-select, one arm of a union, or the statement itself, without the pieces inside it."""

    name: str
    text: str


def unscoped(statement: Statement) -> list[str]:
    """Return the unscoped accesses of a statement, each as `piece: table`; an empty list for a scoped statement."""
    pieces = list(_cut("main", " ".join(_NOISE.sub(" ", statement.text).split())))
    ctes = {piece.name for piece in pieces}
    return [f"{piece.name}: {problem}" for piece in pieces for problem in _problems(piece, inside=ctes - {piece.name})]


def _cut(name: str, text: str) -> Iterator[Piece]:
    """Yield the pieces, inner ones first; the outer piece has `()` in place of each inner one."""
    rest, position = "", 0
    for opening in re.finditer(r"\(", text):
        if opening.start() < position or not re.match(
            r"\( ?(?:select|insert|update|delete|with)\b", text[opening.start() :]
        ):
            continue
        end = _closing(text, opening.start())
        before = text[position : opening.start()]
        cte = _CTE.search(before)
        yield from _cut(cte[1] if cte else f"{name}, sub-select", text[opening.end() : end].strip())
        rest += before + "()"
        position = end + 1
    rest += text[position:]
    yield from (Piece(name, arm) for arm in rest.split(" union all "))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError(f"a parenthesis stays open: {text[opening:]}")


def _problems(piece: Piece, *, inside: set[str]) -> Iterator[str]:
    text = piece.text
    inside = inside | set(_WATCHED.findall(text))  # pairs from the caller, each with its organization
    sources = [source for sources in _SOURCES.findall(text) for source in sources.split(", ")]
    if insert := _INSERT.search(text):
        table, first_column, owner, first_value = insert.groups()
        given = owner == "$" or not inside.isdisjoint(sources)
        if table in TENANT and not (first_column == first_value == "organization_id" and given):
            yield f"insert into {table}"
    if conflict := _CONFLICT.search(text):
        target, action, rest = conflict.groups()
        if target != "organization_id":
            yield f"on conflict ({target})"
            if action == "update" and not _TIE.search(rest):
                yield f"update on conflict ({target})"
    tables = [source for source in sources if source in TENANT and source not in inside]
    tied = {left or "".join(tables) for left, right in _TIE.findall(text) if not right or right in inside}
    yield from (table for table in tables if table not in tied)
