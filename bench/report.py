"""Writes the figures of a run into `docs/performance.md`, and keeps the text around them. Pure."""

from typing import Final

BEGIN: Final = "<!-- written by make bench: begin -->"
END: Final = "<!-- written by make bench: end -->"


def section(*, command: str, machine: str, size: str, table: str) -> str:
    """The section that a run writes: its command, machine, sizes and table, as Markdown."""
    return f"`{command}` · {machine}\n{size}\n\n{table}"


def renewed(page: str, section: str) -> str:
    """The page with its section of figures replaced; raises ValueError when the page lacks the two comments for it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for figures: it lacks one of the two comments around them")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"
