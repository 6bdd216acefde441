"""The registry of nouns. A new noun is a folder here, a table, and one line in this file."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.things.contract import Noun

# Names, not imports, so that a noun is one line; its NOUN is type-checked in its own folder.
_FOLDERS = (
    "recovery",
    "incident",
    "fix",
    "work",
)

NOUNS: Mapping[str, Noun[Any]] = MappingProxyType(
    {name: import_module(f"{__package__}.{name}").NOUN for name in _FOLDERS}
)


def decode(text: str) -> UUID | None:
    """Read the id of a thing of any noun; None for text that is not exactly such an id."""
    return next((id for noun in NOUNS.values() if (id := ids.decode(noun.prefix, text)) is not None), None)
