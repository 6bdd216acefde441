"""Exact text: names and arguments of actions, written so that two different ones never look the same.

Characters that are invisible, look like a space or like an ASCII character, and marks that a screen draws into one
another are written as escapes of JSON. Everything else is left as it is, in any script.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Iterator

from bridge import lookalikes
from bridge.fields import BLANK, INVISIBLE

MAX_MARKS = 8  # combining marks on one character; scripts in use need four
# Control and format characters, spaces, and what has no shape of its own: unassigned, private, half a pair.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp"})
_SHAPELESS = frozenset("\ufffc\U00016fe4\U0001d159")  # fillers whose category does not say so
_APART = frozenset("\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u00d7\u00b4\u00b8")  # fonts draw these apart from ASCII
_PIECE = re.compile(r"\\(?:u[0-9a-f]{4}|.)|[0-9A-Za-z\x80-\U0010ffff]+|.", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
_ESCAPE_ALIKE = re.compile(r"\\(?=u[0-9A-Fa-f]{4})")
_SPACES = re.compile(r"^ | $|(?<= ) ")


def name(text: str) -> str:
    """A name: backslashes are doubled, so that an escape never looks like one that was typed.

    Spaces at its ends and all but the first of several are escapes too, because a screen does not show them.
    """
    return _SPACES.sub(r"\\u0020", escaped(text.replace("\\", "\\\\")))


def text(lines: str) -> str:
    """A text of several lines, in which white space is as it is.

    A backslash is an escape where it would look like the beginning of one, so that code is shown as it was written.
    """
    return escaped(_ESCAPE_ALIKE.sub(r"\\u005c", lines))


def escaped(text: str) -> str:
    """Text in which every backslash begins an escape, such as JSON, with escapes for all that looks like other text."""
    text = text.replace("\x7f", "\\u007f")
    return text if text.isascii() else "".join(_exact(piece) for piece in _PIECE.findall(text))


def _exact(piece: str) -> str:
    if piece.isascii():
        return piece
    suspect = {at for word in _WORD.finditer(piece) if _passes_for_another(word[0]) for at in range(*word.span())}
    return "".join(
        character if character.isascii() or not (hidden or at in suspect) else _escape(character)
        for at, (character, hidden) in enumerate(_characters(piece))
    )


def _passes_for_another(word: str) -> bool:
    """Whether the word looks like one in ASCII, or mixes alphabets."""
    return not word.isascii() and (lookalikes.skeleton(word).isascii() or lookalikes.mixed(word))


def _characters(piece: str) -> Iterator[tuple[str, bool]]:
    """Each character of the piece, and whether it cannot be told from another by itself or with its neighbours."""
    for cluster in _clusters(piece):
        whole = unicodedata.is_normalized("NFC", cluster)  # canonically equivalent texts look the same
        shown = not _is_mark(cluster[0]) and not _unseen(cluster[0])
        for at, character in enumerate(cluster):
            stacked = at > 0 and _is_mark(character) and (at > MAX_MARKS or character == cluster[at - 1])
            yield character, not (whole and shown) or stacked or _unseen(character)


def _clusters(piece: str) -> Iterator[str]:
    """Each character with the marks, or the parts of a Korean syllable, that are drawn into it."""
    start = 0
    for at in range(1, len(piece) + 1):
        if at == len(piece) or not (_is_mark(piece[at]) or "\u1160" <= piece[at] <= "\u11ff"):
            yield piece[start:at]
            start = at


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


@functools.lru_cache(maxsize=4_096)
def _unseen(character: str) -> bool:
    if character.isascii():
        return False
    if unicodedata.category(character) in _UNSEEN or character in _SHAPELESS:
        return True
    if INVISIBLE.match(character) or BLANK.match(character):
        return True
    return not character.isalnum() and character not in _APART and lookalikes.skeleton(character).isascii()


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1] if character > "\x9f" else f"\\u{ord(character):04x}"
