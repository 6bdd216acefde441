"""The notes of a change, cut so that each fits into one message of a thread. Pure.

A note is mrkdwn of its noun: what agents and people wrote in it was escaped there, and mentions are the noun's own.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bridge import ids
from bridge.card import blocks, texts
from storage.things import Note

MAX_SIZE: Final = blocks.MAX_TEXT  # units
_WORD: Final = re.compile(r"(?:<[^<>\n]*>|\S)+|\s+")  # a link is part of a word, with the spaces in its label
_ATOM: Final = re.compile(r"<[^<>\n]*>|&[a-z]+;|\S")  # what Slack reads as one


def of(written: Iterable[str]) -> list[Note]:
    """The notes as rows have them, in their order: one that is too long is several, without a word lost."""
    pieces = [piece for text in written for piece in cut(text)]
    return [Note(id=ids.new(), text=piece, size=texts.units(piece)) for piece in pieces]


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
