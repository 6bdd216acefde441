"""Ids: a UUIDv7 in the database, a prefixed TypeID (`int_01jd…`) in the API.

The format is TypeID 0.3 (https://github.com/jetify-com/typeid/tree/main/spec).
"""

from typing import Final, Literal, NewType, TypeAlias, get_args
from uuid import UUID

import typeid
import typeid.errors
import uuid_utils
import uuid_utils.compat

Prefix: TypeAlias = Literal["con", "cur", "evt", "int", "key", "org", "upd", "whe"]

ThingPrefix = NewType("ThingPrefix", str)
"""The prefix of the things of one noun, which its folder in `bridge/things` names."""

NAME: Final = "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
"""The pattern of ids that agents may give things of some nouns."""

_ROUND_MS: Final = 100_000_000_000_000
_NOT_OF_THINGS: Final = frozenset[str](get_args(Prefix))


def new() -> UUID:
    """A new UUIDv7: unique, and sorted after the older ones."""
    return uuid_utils.compat.uuid7()


def new_round() -> UUID:
    """The id of a round of a thing: sorted after the older ones, and after every id of a question.

    It is a UUIDv7 of a time that is 1e14 ms later, after the year 5000, so that no index has rounds among the questions
    of a list (storage.interactions.QUESTIONS_BEFORE).
    """
    return UUID(int=new().int + (_ROUND_MS << 80))


def encode(prefix: Prefix | ThingPrefix, value: UUID) -> str:
    """The id as the API shows it."""
    return str(typeid.TypeID.from_uuid(uuid_utils.UUID(bytes=value.bytes), prefix))


def short(value: UUID) -> str:
    """The last six characters of an id after an ellipsis: enough to recognize it on a card."""
    return f"…{encode('int', value)[-6:]}"


def decode(prefix: Prefix | ThingPrefix, text: str) -> UUID | None:
    """Read an id as the API shows it; None for text that is not exactly an id with this prefix."""
    try:
        decoded = typeid.TypeID.from_string(text)
    except (typeid.errors.TypeIDException, ValueError):
        return None
    if decoded.prefix != prefix or len(text) != len(prefix) + 27:
        return None
    return UUID(bytes=decoded.uuid_bytes)


def is_of_no_thing(text: str) -> bool:
    """Whether this is the made id of something else than a thing, such as `int_…`."""
    return any(decode(prefix, text) is not None for prefix in get_args(Prefix))


def decode_thing(text: str) -> UUID | None:
    """Read the id of a thing of any noun; None for text that is no id, or an id of what is no thing.

    Whether there is a noun with this prefix is not known here.
    """
    prefix = text.partition("_")[0]
    return decode(ThingPrefix(prefix), text) if prefix not in _NOT_OF_THINGS else None
