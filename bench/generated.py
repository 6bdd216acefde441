"""Sections of a page that a program writes, between two marks; everything around them is written by people. Pure."""

import re
from typing import Final

_END: Final = "<!-- end generated -->"
_SECTION: Final = re.compile(rf"^<!-- generated: ([^\n]+) -->\n\n(.*?)\n*^{_END}$", re.MULTILINE | re.DOTALL)


def sections(page: str) -> dict[str, str]:
    """The sections of a page by name, in its order; raises ValueError for a mark without its pair or a name twice."""
    found = [(section[1], section[2]) for section in _SECTION.finditer(page)]
    marks = page.count("<!-- generated: "), page.count(_END)
    if marks != (len(found), len(found)) or len(dict(found)) < len(found):
        raise ValueError("a section of the page lacks one of the two comments around it, or has the name of another")
    return dict(found)


def renewed(page: str, name: str, section: str) -> str:
    """The page with this text as the section of this name; raises ValueError when the page has no such section."""
    if name not in sections(page):
        raise ValueError(f"the page has no place for {name!r}: it lacks the two comments around it")
    return _SECTION.sub(
        lambda found: f"<!-- generated: {name} -->\n\n{section}\n\n{_END}" if found[1] == name else found[0], page
    )
