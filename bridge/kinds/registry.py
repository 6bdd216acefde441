"""The registry of kinds. A new kind is a folder here and one line in this file."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from bridge.kinds.contract import Kind

# Names, not imports, so that a kind is one line; its KIND is type-checked in its own folder.
_FOLDERS = (
    "approval",
    "choice",
    "form",
    "questions",
    "text",
)

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {name: import_module(f"{__package__}.{name}").KIND for name in _FOLDERS}
)
