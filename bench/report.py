"""`docs/performance.md`: its figures are written by a run, everything around them by people. Pure."""

from typing import Final

BEGIN: Final = "<!-- written by make bench: begin -->"
END: Final = "<!-- written by make bench: end -->"


def section(*, command: str, machine: str, size: str, table: str) -> str:
    """What a run has to say."""
    return f"`{command}` · {machine}\n{size}\n\n{table}"


def renewed(page: str, section: str) -> str:
    """The page with this section in the place of the last; raises ValueError when there is no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for figures: it lacks one of the two comments around them")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"
