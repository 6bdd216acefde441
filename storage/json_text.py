"""JSON in which no number loses a digit: a number that is not an integer is read as a Decimal, and written as one."""

import json
import re
from decimal import Decimal
from typing import Any, Final

MAX_DIGITS: Final = 3_900
"""Digits of a number that is written without an exponent; Python reads integers of up to 4,300."""

_MARK: Final = "\0"  # begins no other string: PostgreSQL stores none with NUL, and requests with NUL are refused
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
_MARKED: Final = re.compile(r'"\\u0000(-?[0-9.]+)"')


def loads(text: str) -> Any:
    """Decode JSON; a number with a fraction or an exponent becomes a Decimal with the same digits."""
    return json.loads(text, parse_float=Decimal)


def dumps(value: Any, **options: Any) -> str:
    """Encode as JSON, with the options of `json.dumps`; a Decimal as the number that it is, without an exponent."""
    text = json.dumps(value, default=_marked, allow_nan=False, **options)
    return _MARKED.sub(r"\1", text) if r'"\u0000' in text else text


def is_longer(value: Any, limit: int, *, indent: int = 0) -> bool:
    """Whether decoded JSON has more than `limit` bytes of UTF-8 when it is written; nothing is written for that.

    With `indent` each member has a line of its own, as `json.dumps` writes it. Returns as soon as the limit is passed,
    so that a refusal costs no more than the limit.
    """
    size, left = 0, [(value, 1)]
    while left and size <= limit:
        value, depth = left.pop()
        if not isinstance(value, dict | list):
            size += _size(value)
            continue
        number, names = len(value), 2 * len(value) if isinstance(value, dict) else 0  # a colon and a space
        between = (2 + indent * depth) * number + indent * (depth - 1) if indent else 2 * number - 2
        size += 2 + names + (between if value else 0)
        if size <= limit:
            left += ((inner, depth + 1) for inner in (value.values() if isinstance(value, dict) else value))
            left += ((name, depth) for name in (value if isinstance(value, dict) else ()))
    return size > limit


def plain(number: Decimal) -> str:
    """The number without an exponent, as PostgreSQL writes it: the same digits, none added and none left out."""
    return format(number, "f")


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(_ENCODER.encode(value).encode())
    return len(plain(value) if isinstance(value, Decimal) else _ENCODER.encode(value))


def _marked(value: object) -> str:
    """A string in place of a Decimal, which `json.dumps` cannot write as a number."""
    if isinstance(value, Decimal):
        return _MARK + plain(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
