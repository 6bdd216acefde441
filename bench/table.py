"""Figures as a Markdown table that reads well on a terminal too. Pure."""

from collections.abc import Sequence
from typing import Final

from bench.figures import Figure, Spread, number

_HEAD: Final = ("what", "measured", "floor, same round", "ratio (range)", "bar", "met")
_MET: Final = {True: "yes", False: "**no**", None: ""}


def table(figures: Sequence[Figure]) -> str:
    """Every figure as one row, in the order given."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    head, *body = [_line([cell.ljust(width) for cell, width in zip(row, widths, strict=True)]) for row in rows]
    return "\n".join([head, _line(["-" * width for width in widths]), *body])


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        figure.what,
        f"{number(figure.value.median)} {figure.unit}",
        f"{figure.floor_name}: {number(figure.floor.median)} {figure.unit}" if figure.floor else "",
        _range(figure.ratio) if figure.ratio else "",
        str(figure.bar) if figure.bar else "",
        _MET[figure.met],
    )


def _range(spread: Spread) -> str:
    """The median of a spread, followed by its range unless all rounds gave one value."""
    middle = f"{number(spread.median)} ×"
    if spread.smallest == spread.largest:
        return middle
    return f"{middle} ({number(spread.smallest)}–{number(spread.largest)})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
