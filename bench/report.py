"""Writes the figures of a run into `docs/performance.md`, and keeps the text around them. Pure."""

from typing import Final

from bench import generated

NAME: Final = "figures"  # of the section that a run writes


def section(*, command: str, machine: str, size: str, table: str) -> str:
    """The section that a run writes: its command, machine, sizes and table, as Markdown."""
    return f"`{command}` · {machine}\n{size}\n\n{table}"


def renewed(page: str, section: str) -> str:
    """The page with these figures in the place of the last; raises ValueError when there is no place for them."""
    return generated.renewed(page, NAME, section)
