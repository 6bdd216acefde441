"""The size of a schema with its references followed, which is what a validator builds and walks. Pure.

References can make a short schema as large as a power of its length, also where a form shows nothing of it.
"""

from collections.abc import Iterator
from typing import Any, Final

from bridge.schemas import references
from bridge.schemas.refusal import Place, Refused
from storage.model import Json

MAX_SCHEMAS: Final = 2_000
"""Schemas inside one schema, each counted as often as it is referred to."""

LEADS_BACK: Final = "leads back to itself, and a form has an end: ask for one level only"

_MAX_DEPTH: Final = 100
_OF_NAMES: Final = frozenset({"dependentSchemas", "patternProperties", "properties"})
_NO_SCHEMAS: Final = frozenset({"$defs", "const", "default", "definitions", "enum", "examples"})
_TOO_LARGE: Final = (
    f"is too large with its references followed: at most {MAX_SCHEMAS:,} schemas can be inside it, each counted as "
    "often as it is referred to"
)
_TOO_DEEP: Final = f"leads to more than {_MAX_DEPTH} schemas inside each other: leave out some of the references"


def check(root: Json) -> None:
    """Raise Refused for a schema that is too large or has no end with its references followed.

    A reference must mean the same to every reader, so only the root can have an `$id`, to which others are relative.
    """
    _size(root, (), root, sizes={}, above=[])


def _size(schema: Json, at: Place, root: Json, *, sizes: dict[int, int], above: list[int]) -> int:
    if (known := sizes.get(id(schema))) is not None:
        return known
    if len(above) >= _MAX_DEPTH:
        raise Refused(at, _TOO_DEEP)
    if above and "$id" in schema:
        raise Refused((*at, "$id"), "can only stand at the top of the schema, because references are relative to it")
    if "$dynamicRef" in schema:
        raise Refused((*at, "$dynamicRef"), 'cannot be followed for a form: use "$ref"')
    above.append(id(schema))
    size = 1
    for inner, place in _inner(schema, at, root):
        if id(inner) in above:
            raise Refused((*at, "$ref"), LEADS_BACK)
        size += _size(inner, place, root, sizes=sizes, above=above)
        if size > MAX_SCHEMAS:
            raise Refused(at, _TOO_LARGE)
    above.pop()
    sizes[id(schema)] = size
    return size


def _inner(schema: Json, at: Place, root: Json) -> Iterator[tuple[Json, Place]]:
    """The schemas right inside this one and the one that it refers to, each with its place."""
    if "$ref" in schema:
        yield references.target(schema["$ref"], (*at, "$ref"), root)
    for name, value in schema.items():
        if name in _NO_SCHEMAS:
            continue
        yield from ((one, place) for one, place in _values(name, value, (*at, name)) if isinstance(one, dict))


def _values(name: str, value: Any, at: Place) -> Iterator[tuple[Any, Place]]:
    """Where schemas can be in the value of a keyword: the value, or each item or property of it."""
    match value:
        case dict() if name in _OF_NAMES:
            yield from ((one, (*at, key)) for key, one in value.items())
        case dict():
            yield value, at
        case list():
            yield from ((one, (*at, index)) for index, one in enumerate(value))
