"""Strangers' text made safe to look at: nothing hidden reorders it, and it is measured and cut as Slack may count it.

Characters that only steer the direction of text (U+202A-202E, U+2066-2069) are shown as U+FFFD rather than refused: a
log may hold them, but on a card they must not be able to show one thing and mean another. Control characters that reach
a card by a detour (a character reference in Markdown, say) are treated the same; so are marks piled on one character
until they cover the lines around it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_MOST_PILED = 8  # marks on one character; living scripts take four
_PILE = re.compile(rf"[^\x00-\u02ff]{{{_MOST_PILED + 1},}}")  # where there may be one; no mark is below U+0300
ELLIPSIS = "…"


def visible(text: str) -> str:
    """The text with every character that could steer or cover its surroundings made visible, one for one."""
    return _PILE.sub(_unpiled, _STEERING.sub("\ufffd", text))


def _unpiled(found: re.Match[str]) -> str:
    piled, kept = 0, ""
    for character in found[0]:
        piled = piled + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        kept += character if piled <= _MOST_PILED else "\ufffd"
    return kept


def units(text: str) -> int:
    """How long the text is in UTF-16 units: the longest way in which Slack may count characters."""
    # Encoded rather than counted: this is asked of everything on every card, and counting takes fifty times as long.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, most: int) -> str:
    """The longest beginning of the text of at most `most` units; no character is halved."""
    if units(text) <= most:
        return text
    used = 0
    for index, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > most:
            return text[:index]
    return text


def cut(text: str, most: int) -> str:
    """The text, or as much of it as fits into `most` units with an ellipsis that says there was more."""
    return text if units(text) <= most else head(text, most - 1) + ELLIPSIS


def pieces(text: str, most: int) -> Iterator[str]:
    """The whole text in pieces of at most `most` units each."""
    while text:
        piece = head(text, most)
        yield piece
        text = text[len(piece) :]


def weight(value: Any) -> int:
    """How much of a message this takes: every character of its JSON, save those JSON needs for escaping.

    Slack refuses messages with too much in all their blocks together, and does not say how it counts: near 13,200
    characters of text and less where there are many small pieces, so the wrapping counts too.
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
