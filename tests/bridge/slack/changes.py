"""Changes to a recorded payload."""

from collections.abc import Callable
from typing import Any, TypeAlias

Change: TypeAlias = Callable[[Any], object]


def put(*path: Any) -> Change:
    """A change that writes the last argument under the keys before it."""
    *way, last, value = path

    def change(payload: Any) -> None:
        for step in way:
            payload = payload[step]
        payload[last] = value

    return change


def without(*path: Any) -> Change:
    """A change that takes away what stands under the keys."""
    *way, last = path

    def change(payload: Any) -> None:
        for step in way:
            payload = payload[step]
        del payload[last]

    return change
