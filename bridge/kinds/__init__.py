"""The kinds there are. A new kind is a folder here and one line in this file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bridge.kind import Kind
from bridge.kinds import approval, choice

_KINDS: tuple[Kind[Any], ...] = (approval.KIND, choice.KIND)

KINDS: Mapping[str, Kind[Any]] = MappingProxyType({kind.name: kind for kind in _KINDS})
