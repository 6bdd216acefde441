"""The kinds there are. A new kind is a folder here and one line in this file."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from bridge.kinds.contract import Kind

# Named rather than imported, so that a kind is one line; the folder itself is typed, where it makes its KIND.
_FOLDERS = (
    "approval",
    "choice",
)

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {name: import_module(f"{__package__}.{name}").KIND for name in _FOLDERS}
)
