"""Tables as monospaced text, each column as wide as its widest cell, up to a limit.

A cell shows what its Markdown means: code without its marks, and links as `text (address)`, because monospaced text has
no links. Struck text keeps its marks, since without them it would say the opposite.
"""

import unicodedata

from markdown_it.token import Token

from bridge.card import spans

_MAX_WIDTH = 40  # columns of a monospaced font to which a cell is padded; a longer cell only moves what is right of it
_BREAKS = str.maketrans("\n\t", "  ")  # from character references in a cell


def draw(tokens: list[Token]) -> tuple[str, str]:
    """A table, from its tokens: with aligned columns, and the same text without padding."""
    rows: list[list[str]] = []
    aligns: list[str] = []
    for token in tokens:
        match token.type:
            case "tr_open":
                rows.append([])
            case "th_open":
                aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
            case "inline":
                rows[-1].append(_cell(token))
    widths = [min(max(map(_width, column)), _MAX_WIDTH) for column in zip(*rows, strict=True)]
    looks = list(zip(widths, aligns, strict=True))
    padded = [[_padded(cell, *look) for cell, look in zip(row, looks, strict=True)] for row in rows]
    return _lines(padded, ["-" * width for width in widths]), _lines(rows, ["-"] * len(widths))


def _cell(token: Token) -> str:
    shown = spans.read(token.children or [], full_addresses=True)
    return "".join(f"~~{span.text}~~" if span.strike else span.text for span in shown).translate(_BREAKS)


def _lines(rows: list[list[str]], rule: list[str]) -> str:
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|-{'-|-'.join(rule)}-|", *others])


def _padded(cell: str, width: int, align: str) -> str:
    missing = max(width - _width(cell), 0)
    before = {"right": missing, "center": missing // 2}.get(align, 0)
    return f"{' ' * before}{cell}{' ' * (missing - before)}"


def _width(cell: str) -> int:
    """The columns that a cell takes in a monospaced font, in which a wide character takes two."""
    if cell.isascii():
        return len(cell)
    wide = sum(unicodedata.east_asian_width(character) in ("W", "F") for character in cell)
    return len(cell) + wide - sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in cell)
