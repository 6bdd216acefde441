"""The notes of a change, cut so that each fits into one message of a thread. Pure.

A note is mrkdwn of its noun: what agents and people wrote in it was escaped there, and mentions are the noun's own.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bridge import ids
from bridge.card import blocks, texts
from bridge.things.contract import Asking, PersonMove
from storage.model import Json
from storage.things import Note

MAX_SIZE: Final = blocks.MAX_TEXT  # units
_WORD: Final = re.compile(r"(?:<[^<>\n]*>|\S)+|\s+")  # a link is part of a word, with the spaces in its label
_ATOM: Final = re.compile(r"<[^<>\n]*>|&[a-z]+;|\S")  # what Slack reads as one


def of(written: Iterable[str | Asking]) -> list[Note]:
    """The notes as rows have them, in their order: one that is too long is several, without a word lost.

    A note that asks has its buttons under its last piece.
    """
    return [note for each in written for note in _notes(each)]


def moves(buttons: Iterable[Json]) -> dict[str, PersonMove]:
    """The moves of the buttons that a row has."""
    return {
        each["move"]: PersonMove(label=each["label"], has_form=each["has_form"], is_primary=each["is_primary"])
        for each in buttons
    }


def _notes(written: str | Asking) -> Iterator[Note]:
    text, buttons = (written, []) if isinstance(written, str) else (written.text, _buttons(written))
    pieces = list(cut(text))
    for place, piece in enumerate(pieces, start=1):
        of_piece = buttons if place == len(pieces) else []
        yield Note(id=ids.new(), text=piece, size=texts.units(piece), buttons=of_piece)


def _buttons(asking: Asking) -> list[Json]:
    return [
        {"move": name, "label": move.label, "has_form": move.has_form, "is_primary": move.is_primary}
        for name, move in asking.moves.items()
    ]


def cut(text: str, limit: int = MAX_SIZE) -> Iterator[str]:
    """Cut mrkdwn into pieces of at most `limit` units: between words, but inside a word that is longer than a piece.

    A mention, a link or an entity is not cut, unless it alone is longer. Space around a cut is dropped.
    """
    piece, size = "", 0
    for word in _words(text, limit):
        units = texts.units(word)
        if size + units > limit:
            if kept := piece.strip():
                yield kept
            piece, size = "", 0
            if word.isspace():
                continue
        piece, size = piece + word, size + units
    if kept := piece.strip():
        yield kept


def _words(text: str, limit: int) -> Iterator[str]:
    """The words of a text and the space between them; of a word that is too long, its parts."""
    for found in _WORD.finditer(text):
        word = found[0]
        if word.isspace() or texts.units(word) <= limit:
            yield word
        else:
            for atom in _ATOM.finditer(word):
                yield from texts.pieces(atom[0], limit)
