"""The API of every noun in the registry."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from bridge.things.operations import NounApi
from bridge.things.registry import NOUNS

APIS: Mapping[str, NounApi[Any]] = MappingProxyType(
    {name: import_module(f"{__package__}.{name}.operations").API for name in NOUNS}
)
