"""The filters of a noun's list: how each is read from a query, and its schema. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bridge import fields
from storage.model import Json

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One parameter of a list. Its name is that of the parameter of the noun's statement `page`, too."""

    name: str
    read: Callable[[str], Any | None]  # the value of a text; None: the text is not valid
    wrong: str  # what a text must be, after the name
    schema: Json
    default: Any | None = None  # the value where it is not given; None: anything


def text(name: str, *, max_length: int) -> Filter:
    """A filter by a text of 1 to `max_length` characters."""

    def read(given: str) -> str | None:
        return given if 0 < len(given) <= max_length and not _UNSTORABLE.search(given) else None

    schema = {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": r"^[^\x00]+$"}
    return Filter(name=name, read=read, wrong=f"must have 1 to {max_length} characters", schema=schema)


def one_of(name: str, values: Sequence[str]) -> Filter:
    """A filter by one of a few values."""

    def read(given: str) -> str | None:
        return given if given in values else None

    schema: Json = {"type": "string", "enum": list(values)}
    return Filter(name=name, read=read, wrong=f"must be one of {', '.join(values)}", schema=schema)


def flag(name: str) -> Filter:
    """A filter that is on or off."""
    return Filter(
        name=name,
        read={"true": True, "false": False}.get,
        wrong="must be true or false",
        schema={"type": "boolean"},
    )


def user(name: str) -> Filter:
    """A filter by a Slack user."""

    def read(given: str) -> str | None:
        return given if re.fullmatch(fields.USER, given) else None

    schema = {"type": "string", "pattern": fields.USER}
    return Filter(name=name, read=read, wrong="must be a Slack user id such as U012AB3CD, not a name", schema=schema)
