"""Makes foreign text safe to show, and measures and cuts text in the units in which Slack may count it.

Characters that only control the direction of text (U+202A-202E, U+2066-2069) are shown as U+FFFD, not refused: a log in
a body may contain them, but on a card they could make a text look like another. Isolates stay where they cannot: closed
on their line, and in the direction of the text inside, as programs put them around words of another direction. Control
characters that reach a card indirectly (by a character reference in Markdown, for example) are treated the same, and so
are combining marks piled on one character, which could cover the lines around it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
_ISOLATE = re.compile("[\u2066-\u2069]")
_LEFT, _RIGHT, _FIRST_STRONG, _END = "\u2066\u2067\u2068\u2069"
_MAX_ISOLATES = 8  # nested
_MAX_MARKS = 8  # combining marks on one character; scripts in use need four
_PILE = re.compile(rf"[^\x00-\u02ff]{{{_MAX_MARKS + 1},}}")  # candidates; no combining mark is below U+0300
ELLIPSIS = "…"


def visible(text: str) -> str:
    """The text with U+FFFD for each character that could reorder or cover the text around it; of the same length."""
    shown = _PILE.sub(_unpiled, _CONTROLS.sub("\ufffd", text))
    if _ISOLATE.search(shown):
        shown = "\n".join(_isolated(line) for line in shown.split("\n"))
    return shown


def _isolated(line: str) -> str:
    """The line with U+FFFD for each isolate that is not closed, or forces its text into the other direction."""
    shown = list(line)
    opened: list[tuple[int, str]] = []  # the open isolates, each with the bidirectional class of its first letter
    for at, character in enumerate(line):
        if character == _END:
            start, letter = opened.pop() if opened else (at, "")
            leftward = letter in ("R", "AL")
            if line[start] not in (_FIRST_STRONG, _RIGHT if leftward else _LEFT):
                shown[start] = shown[at] = "\ufffd"
        elif character in (_LEFT, _RIGHT, _FIRST_STRONG):
            if len(opened) == _MAX_ISOLATES:
                return _ISOLATE.sub("\ufffd", line)
            opened.append((at, ""))
        elif opened and not opened[-1][1] and unicodedata.bidirectional(character) in ("L", "R", "AL"):
            opened[-1] = (opened[-1][0], unicodedata.bidirectional(character))
    for start, _ in opened:
        shown[start] = "\ufffd"
    return "".join(shown)


def _unpiled(match: re.Match[str]) -> str:
    marks, kept = 0, []
    for character in match[0]:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        kept.append(character if marks <= _MAX_MARKS else "\ufffd")
    return "".join(kept)


def units(text: str) -> int:
    """The length of the text in UTF-16 units, the largest count of characters that Slack may use."""
    # Encoding is fifty times as fast as counting in Python, and this runs for every text of every card.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, limit: int) -> str:
    """The longest prefix of at most `limit` units; no character is split."""
    if len(text) * 2 <= limit or units(text) <= limit:
        return text
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return text[:index]
    return text


def cut(text: str, limit: int) -> str:
    """The text, or as much of it as fits into `limit` units with an ellipsis at the end."""
    return text if units(text) <= limit else head(text, limit - 1) + ELLIPSIS


def pieces(text: str, limit: int) -> Iterator[str]:
    """The whole text in pieces of at most `limit` units each."""
    while text:
        piece = head(text, limit)
        yield piece
        text = text[len(piece) :]


def weight(value: Any) -> int:
    """The size of a value in a message: the characters of its JSON, except those that JSON adds for escaping.

    Slack refuses messages whose blocks are too large together and does not document how it counts: the limit is near
    13,200 characters of text, and lower with many small pieces, so the JSON around the text counts too.
    """
    match value:
        case str():
            return units(value) + 2
        case dict():
            return 2 + sum(len(name) + 4 + weight(inner) for name, inner in value.items())
        case list():
            return 2 + sum(1 + weight(inner) for inner in value)
        case _:
            return 5
