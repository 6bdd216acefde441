"""Two hundred secrets that are hard to hide, texts that are full of them, and a search for what is left of any."""

import html
import json
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote

from bridge.things.secrets import HIDDEN, MAX_SECRETS

NUMBER: Final = 200
_MARK: Final = "Kanarienvogel"  # a part of most canaries that is the same however they are written
_SIGNS: Final = "&<>\"'\\*_~`"
_BETWEEN: Final = "·"
_UNICODE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})")

# {n}: what differs from canary to canary. The mark stands at both ends of those that are long.
_SORTS: Final = (
    "{mark}-{n}",
    "{mark}-{n}-and-{n}-{mark}",  # the one before is its beginning
    "over{n}{mark}lap{n}",
    "lap{n}{mark}over{n}",  # these two overlap at either end
    "&{mark}<{n}>\"{mark}'",
    "&lt;{mark}&amp;{n}&gt;",
    '{{"{mark}": "{n}\\n\\"{mark}\\""}}',
    "\\{mark}\\u0041\\{n}\\\\",
    "*{mark}* _{n}_ ~{mark}~ `{n}` ```{mark}```",
    "<@U0{mark}> <!channel> <https://{mark}{n}.example/|{n}>",
    "[{mark}](https://{n}.example/?a=b&c={mark}#d)",
    "^({mark}|.*+?{n})[$&%s]{{0}}\\1${mark}",
    "%41{mark}%2F{n}+%25%{mark}",
    "-----BEGIN {mark}-----\nline {n}\n\n-----END {mark}-----",
    "  {mark}\t{n}  ",
    "пароль {mark} 密码{n} é e\u0301 ß",
    "😀{mark}👩\u200d💻{n}\U0001f511{mark}𠀀",
    "\u202e{mark}\u2066{n}\u2069\u200b{mark}\u202c",
    "{signs}",  # nothing but signs, in an order of its own
    "{mark}" + HIDDEN + "{n}" + HIDDEN,
)


def _canaries() -> list[str]:
    chance = random.Random(16)
    found = [
        sort.format(mark=_MARK, n=f"{place:03}", signs="".join(chance.sample(_SIGNS * 2, 16)))
        for place in range(NUMBER // len(_SORTS))
        for sort in _SORTS
    ]
    assert len(set(found)) == NUMBER and len(_SORTS) == MAX_SECRETS
    return found


CANARIES: Final = _canaries()
BATCHES: Final = [CANARIES[start : start + MAX_SECRETS] for start in range(0, NUMBER, MAX_SECRETS)]
"""The canaries as requests can name them: of every sort one."""

_WITHOUT_MARK: Final = [each for each in CANARIES if _MARK not in each]


def full_of(batch: Sequence[str], limit: int) -> tuple[str, str]:
    """A text of canaries that has about `limit` characters once they are hidden, and this text with all hidden.

    Two that overlap are one. Wherever such a text is cut before they are hidden, a part of one is left.
    """
    head, tail = batch[2:4]
    number = head[4:7]
    overlapping = head + tail.removeprefix(f"lap{number}")
    pieces = [*batch, overlapping]
    times = max(1, limit // ((len(HIDDEN) + len(_BETWEEN)) * len(pieces)))
    unit = "".join(f"{piece}{_BETWEEN}" for piece in pieces)
    return unit * times, f"{HIDDEN}{_BETWEEN}" * len(pieces) * times


def left_in(text: str) -> list[str]:
    """The places around what is left of canaries in a text, whichever way it is written there."""
    found = [text[max(0, at - 60) : at + 60] for at in _places(text.casefold(), _MARK.casefold())]
    readings = "\n".join(_readings(text))
    return found + [each for each in _WITHOUT_MARK if each in readings]


def left_in_json(value: Any) -> list[str]:
    """The same of every text in a decoded JSON value, or in a row, names included."""
    return left_in("\n".join(_texts(value)))


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _readings(text: str) -> Iterator[str]:
    """The text, and what it says if it is HTML, percent-encoded, or JSON."""
    yield text
    yield html.unescape(text)
    yield unquote(text)
    yield _unescaped(text)


def _unescaped(text: str) -> str:
    """The text without the escapes of JSON."""
    plain = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1], found[1]), plain)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
            if value.startswith(r"\x"):  # bytes, as PostgreSQL writes them in JSON
                yield bytes.fromhex(value[2:]).decode(errors="replace") if _is_hex(value[2:]) else value
        case dict():
            for name, inner in value.items():
                yield name
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
        case None:
            return
        case _:
            yield json.dumps(value)


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and re.fullmatch("[0-9a-f]*", text) is not None
