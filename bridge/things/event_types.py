"""The types of all events, of interactions and of things, and the wildcards that stand for those of one noun. Pure."""

from collections.abc import Iterable
from typing import Final

from bridge.things.registry import NOUNS
from storage.model import EventType

OF_THINGS: Final = tuple(f"{noun.name}.{move}" for noun in NOUNS.values() for move in noun.moves)
WILDCARDS: Final = tuple(f"{name}.*" for name in NOUNS)
EVERY: Final[tuple[str, ...]] = (*EventType, *OF_THINGS)
ACCEPTED: Final = (*EVERY, *WILDCARDS)  # where a client says which events it wants


def expanded(types: Iterable[str]) -> frozenset[str]:
    """The exact types that these types and wildcards stand for."""
    wanted = set(types)
    return frozenset(type for type in EVERY if type in wanted or f"{type.partition('.')[0]}.*" in wanted)
