"""Single values out of a stranger's JSON: each is of the right type, short and storable, or it is not taken.

Slack signs what it sends, so these are not attacks to be expected but promises to everybody behind: no NUL, no lone
surrogate and nothing longer than a database column or a log line should hold gets past here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Object: TypeAlias = Mapping[str, Any]

_EMPTY: Final[Object] = {}
_ID = re.compile(r"[A-Z0-9]{1,64}")
_WORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # neither control characters nor lone surrogates
_TS = re.compile(r"[0-9]{1,16}\.[0-9]{1,9}")


class Wrong(Exception):
    """What decides something is not what it must be; the message says what, and never quotes it."""


def inner(value: Object, name: str) -> Object:
    """Give the object under `name`; an empty one when there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else _EMPTY


def identity(value: object, name: str) -> str | None:
    """Give an id that decides who or where: absent is None, and anything ill-formed refuses the whole payload.

    Taking an ill-formed id for an absent one would look the click up in another place.
    """
    if value is None:
        return None
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Wrong(f"{name} is not a Slack id")


def required(value: object, name: str) -> str:
    """Give an id that must be there."""
    found = identity(value, name)
    if found is None:
        raise Wrong(f"{name} is missing")
    return found


def handle(value: object) -> str | None:
    """Give a channel id that only helps to find the card; None when it is no id."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def ts(value: object) -> str | None:
    """Give a message's timestamp as the string it is; None when it is none."""
    return value if isinstance(value, str) and _TS.fullmatch(value) else None


def word(value: object, *, limit: int) -> str | None:
    """Give one line of text of 1 to `limit` characters; None for any other."""
    return value if isinstance(value, str) and len(value) <= limit and _WORD.fullmatch(value) else None
