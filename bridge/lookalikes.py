"""Which texts look alike, by the table of confusable characters of Unicode (UTS #39, section 4).

https://www.unicode.org/reports/tr39/#Confusable_Detection
"""

import functools
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from confusable_homoglyphs import categories, confusables  # type: ignore[import-untyped]

_BARS = str.maketrans("I|", "ll")  # the only ASCII characters that fonts of Slack hardly draw apart
_ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


def skeleton(text: str) -> str:
    """The text with each character replaced by the one that stands for all that look like it."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(_PROTOTYPES.get(character, character) for character in decomposed))


def alike(one: str, other: str) -> bool:
    """Whether people may take one text for the other.

    The table counts 0 and O, 1 and l, rn and m among what looks alike; between texts in ASCII these may differ.
    """
    if one.isascii() and other.isascii():
        return one.translate(_BARS) == other.translate(_BARS)
    return skeleton(one) == skeleton(other)


def mixed(word: str) -> bool:
    """Whether the word has letters of several alphabets that share many shapes, as honest words do not."""
    return len(_ALPHABETS & {_script(character) for character in word}) > 1


@functools.lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return str(categories.alias(character))


def _prototypes() -> dict[str, str]:
    """Each confusable character with its prototype. The package lists for each text all that it may be taken for.

    A prototype has a list of many; any other character has its prototype only. If two have only each other, the lower
    one stands for both.
    """
    table = {text: [other["c"].strip("\u200e") for other in others] for text, others in _DATA.items()}
    found: dict[str, str] = {}
    for text, others in table.items():
        [other, *more] = others
        pair = table.get(other) == [text]
        if not more and len(text) == 1 and (not pair or len(other) > 1 or other < text):
            found[text] = other
    return found


_DATA = confusables.confusables_data
_PROTOTYPES: Mapping[str, str] = MappingProxyType(_prototypes())
