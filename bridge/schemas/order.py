"""The order of the inputs of a form, as JSON pointers: a database keeps no order of the names of an object."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from bridge.schemas import references
from bridge.schemas.bounds import MAX_FIELDS
from bridge.schemas.refusal import Refused
from storage.model import Json

_MAX_POINTER: Final = 500  # characters
_MAX_STEPS: Final = 5  # references that lead to one object
_ALTERNATIVES: Final = ("allOf", "anyOf", "oneOf")


def of(schema: Json) -> list[str]:
    """The order in which a schema as it was sent has its properties; of one that is no form, any order.

    The schema is not checked yet, and references can make its properties many more than it is long.
    """
    paths = islice(_paths(schema, schema), MAX_FIELDS)
    return [pointer for path in paths if len(pointer := pointer_of(path)) <= _MAX_POINTER]


def check(order: Sequence[str], pointers: Sequence[str]) -> None:
    """Raise Refused unless the order names values of the form, each once."""
    for index, pointer in enumerate(order):
        if pointer not in pointers:
            raise Refused(("order", index), f"must be one of the values of the form, such as {pointers[0]}")
        if pointer in order[:index]:
            raise Refused(("order", index), "is named before")


def pointer_of(path: Sequence[str]) -> str:
    """The JSON pointer of a value."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)


def _paths(schema: Json, root: Json) -> Iterator[tuple[str, ...]]:
    for name, inner in _properties(schema, root).items():
        deeper = _properties(inner, root)
        yield from ((name, below) for below in deeper) if deeper else [(name,)]


def _properties(schema: Any, root: Json) -> dict[str, Any]:
    """The properties of an object, also behind references and beside null; none of another value."""
    left, steps = [schema], 0
    while left and steps < _MAX_STEPS * len(_ALTERNATIVES):
        found, steps = left.pop(0), steps + 1
        if not isinstance(found, dict):
            continue
        if isinstance(properties := found.get("properties"), dict):
            return properties
        if "$ref" in found:
            try:
                left.append(references.target(found["$ref"], (), root)[0])
            except Refused:
                continue
        for name in _ALTERNATIVES:
            left += found[name] if isinstance(found.get(name), list) else []
    return {}
