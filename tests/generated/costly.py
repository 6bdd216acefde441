"""Texts that cost much to draw for their length: a few constructs, repeated up to the limit of a field."""

import random

_UNITS = ["*a", "**a ", "_a_ ", "~~a~", "`a` ", "``", "[", "]", "[a](b) ", "[a]", "![", "![*a*](b)", "![]()", "](b)",
          "<http://a>", "http://a ", "https://a.b/(", "<", ">", "&lt;", "&#8238;", "\\*", "!", ":", "(", ")", '"',
          "|a", "|", "||-", "a\u0301", "\u0336" * 9 + "a", "\u2067", "\u2069", "😀", " ", "a", "<a@b.cd>", "_a*b",
          ":a:", "@", "//"]  # fmt: skip
_STARTS = ["", "> ", "- ", "1. ", "   ", "    ", "\t", "# ", "[a]: /x ", "> - ", "  - ", "|", "-", "=", "```", "~~~"]
_ENDS = ["\n", "\n", "\n\n", "  \n", "|\n", ""]


def text(chance: random.Random, length: int) -> str:
    """A text of this length."""
    made = ""
    while len(made) < length:
        made += chance.choice([_lines, _lines, _run, _deep, _table])(chance, chance.randint(1, length))
    return made[:length]


def _run(chance: random.Random, length: int) -> str:
    unit = "".join(chance.choices(_UNITS, k=chance.randint(1, 3)))
    return (unit * length)[: chance.choice([length, length // 2, 50])] + chance.choice(_ENDS)


def _lines(chance: random.Random, length: int) -> str:
    line = chance.choice(_STARTS) * chance.choice([1, 1, 1, 2, 30]) + _run(chance, chance.choice([1, 3, 20]))
    return ((line + chance.choice(_ENDS)) * length)[:length]


def _deep(chance: random.Random, length: int) -> str:
    """Something after deeply nested quotes and lists."""
    start = "".join(chance.choices(["> ", "- ", "1. ", ">"], k=1)) * chance.choice([3, 20, 45, 90])
    return (start + _lines(chance, length) * 2)[:length]


def _table(chance: random.Random, length: int) -> str:
    """A table of any width, whose rows have few cells or all."""
    columns = chance.choice([1, 3, 20, 100, 500])
    cell = chance.choice(["|a", "|", "|[a](http://b)", "|`a`", "|*a*"])
    row = chance.choice([cell * columns, cell, "|"]) + "|\n"
    return f"{cell * columns}|\n{'|-' * columns}|\n{row * length}"[:length] + "\n\n"
