"""Ids as strangers see them: a UUIDv7 inside, a prefixed TypeID (`int_01jd…`) outside.

The format is TypeID 0.3 (https://github.com/jetify-com/typeid/tree/main/spec).
"""

from typing import Literal, TypeAlias
from uuid import UUID

import typeid
import typeid.errors
import uuid_utils
import uuid_utils.compat

Prefix: TypeAlias = Literal["con", "cur", "evt", "int", "key", "org", "whe"]


def new() -> UUID:
    """A fresh UUIDv7: unique, and younger ones sort behind older ones."""
    return uuid_utils.compat.uuid7()


def encode(prefix: Prefix, value: UUID) -> str:
    """Write an id for the outside."""
    return str(typeid.TypeID.from_uuid(uuid_utils.UUID(bytes=value.bytes), prefix))


def decode(prefix: Prefix, text: str) -> UUID | None:
    """Read an id from the outside; None for anything that is not exactly an id with this prefix."""
    try:
        found = typeid.TypeID.from_string(text)
    except (typeid.errors.TypeIDException, ValueError):
        return None
    if found.prefix != prefix or len(text) != len(prefix) + 27:
        return None
    return UUID(bytes=found.uuid_bytes)
