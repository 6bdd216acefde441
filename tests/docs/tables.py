"""Tables of the docs: most cells are made from the code, and what only people can say is kept from the page. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ByHand:
    """A cell that people write. A row that is new begins with what the code says, which may be nothing."""

    at_first: str = ""


@dataclass(frozen=True, slots=True)
class OrderedNames:
    """OrderedNames from the code in the order in which people put them; those that are new come last."""

    names: Collection[str]
    between: str = " "


Cell: TypeAlias = str | ByHand | OrderedNames
Rows: TypeAlias = Sequence[Sequence[Cell]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it is to be; a row is known by its first cell."""

    head: Sequence[str]
    rows: Rows

    def written(self, before: str) -> str:
        """As Markdown; cells by hand are those of the section as it was before."""
        kept = {(head[0], name): dict(zip(head, row, strict=True)) for head, name, row in _rows(before)}
        lines = [self.head, ["---"] * len(self.head)]
        for row in self.rows:
            old = kept.get((self.head[0], str(row[0])), {})
            lines.append([_cell(cell, old.get(column)) for column, cell in zip(self.head, row, strict=True)])
        return "\n".join(f"| {' | '.join(line)} |".replace("|  ", "| ") for line in lines)


Section: TypeAlias = Sequence[str | Table]


def written(section: Section, before: str) -> str:
    """The text of a section, part by part, with what people wrote into it before."""
    return "\n\n".join(part.written(before) if isinstance(part, Table) else part for part in section)


def blank(text: str) -> list[str]:
    """The rows that lack a cell, by their first one."""
    return [name for _, name, row in _rows(text) if not all(row)]


def _cell(cell: Cell, before: str | None) -> str:
    match cell:
        case ByHand(at_first):
            return at_first if before is None else before
        case OrderedNames(names, between):
            order = [name for name in re.findall(r"`([^`]+)`", before or "") if name in names]
            return between.join(f"`{name}`" for name in [*order, *sorted(set(names) - set(order))]) or "\N{EN DASH}"
        case str():
            return cell


def _rows(text: str) -> Iterator[tuple[list[str], str, list[str]]]:
    """Every row of every table of a text: its table's head, its first cell, all of its cells."""
    head: list[str] | None = None
    for line in text.splitlines():
        if not line.startswith("| "):
            head = None
        elif head is None:
            head = _cells(line)
        elif not line.startswith("| --- "):
            cells = _cells(line)
            yield head, cells[0], cells


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
