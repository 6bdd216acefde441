"""JSON of agents, such as evidence, as facts of a card: its first values, each with the path that leads to it."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from storage import json_text
from storage.model import Json

MAX_FACTS: Final = 10


def facts(evidence: Json | None) -> tuple[list[tuple[str, str]], int]:
    """The first strings, numbers and other values as pairs of a name and a text, and how many more there are."""
    found = _scalars(evidence or {}, "")
    first = list(islice(found, MAX_FACTS))
    return first, sum(1 for _ in found)


def _scalars(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        for name, inner in members:
            yield from _scalars(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value if isinstance(value, str) else json_text.dumps(value)
