"""The schema of one value, as a form can show it: references followed, and null taken out of its alternatives."""

from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas import expansion, references
from bridge.schemas.refusal import Place, Refused, an_object
from storage.model import Json

_ALTERNATIVES: Final = ("anyOf", "oneOf")
_SEVERAL: Final = (
    "allows values of several sorts, and a person can be asked for one: keep one of them, or null beside it"
)
_UNSHOWN: Final = frozenset(
    {
        "$dynamicRef", "contains", "dependentSchemas", "else", "if", "maxContains", "maxProperties", "minContains",
        "minProperties", "not", "patternProperties", "prefixItems", "propertyNames", "then", "unevaluatedItems",
    }
)  # fmt: skip
"""Keywords that restrict a value in a way that a form cannot show; other unknown ones restrict nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """`schema` has no reference; where it has alternatives, all of them are constants.

    It stands at `at`, and was referred to from `used_at`, where a description of this use may stand.
    """

    schema: Json
    at: Place
    used_at: Place
    title: str | None  # of this use, not of what it refers to
    is_nullable: bool
    seen: frozenset[str]  # references that lead here, and that lead no further down again


def read(schema: Any, at: Place, *, root: Json, above: frozenset[str] = frozenset()) -> Node:
    """The schema at this place of the root schema; raises Refused."""
    found, used_at, seen, is_nullable = an_object(schema, at), at, above, False
    while True:
        if (unshown := min(_UNSHOWN & found.keys(), default=None)) is not None:
            raise Refused((*at, unshown), "cannot be shown in a form: leave it out, and check the answer yourself")
        if "$ref" in found:
            found, at, seen = _followed(found, at, root, seen)
        elif "allOf" in found:
            found, at = _only(found, at)
        elif (name := next((name for name in _ALTERNATIVES if name in found), None)) is not None:
            rest, null = _without_null(found, name, at)
            is_nullable |= null
            if len(rest) > 1:
                found = _of_constants(found, name, rest, at)
                break
            index, only = rest[0]
            found, at = _merged(only, found, without=name), (*at, name, index)
        else:
            break
    found, null = _typed(found, at)
    title = (schema if seen > above else found).get("title")
    return Node(
        schema=found,
        at=at,
        used_at=used_at,
        title=title if isinstance(title, str) else None,
        is_nullable=is_nullable or null,
        seen=seen,
    )


def _followed(found: Json, at: Place, root: Json, seen: frozenset[str]) -> tuple[Json, Place, frozenset[str]]:
    reference = found["$ref"]
    target, steps = references.target(reference, (*at, "$ref"), root)
    if reference in seen:
        raise Refused((*at, "$ref"), expansion.LEADS_BACK)
    return _merged(target, found, without="$ref"), steps, seen | {reference}


def _only(found: Json, at: Place) -> tuple[Json, Place]:
    parts = found["allOf"]
    if not isinstance(parts, list) or len(parts) != 1:
        raise Refused((*at, "allOf"), "must have one item: write the others into one schema")
    return _merged(an_object(parts[0], (*at, "allOf", 0)), found, without="allOf"), (*at, "allOf", 0)


def _merged(inner: Json, outer: Json, *, without: str) -> Json:
    """Both as one; what stands outside describes this use of it."""
    return inner | {name: value for name, value in outer.items() if name != without}


def _without_null(found: Json, name: str, at: Place) -> tuple[list[tuple[int, Json]], bool]:
    """The alternatives that are not null, each with its index, and whether there was null among them."""
    parts = found[name]
    if not isinstance(parts, list) or not parts:
        raise Refused((*at, name), "must be a list of schemas")
    rest = [(index, part) for index, part in enumerate(parts) if not _is_null(part)]
    if not rest:
        raise Refused((*at, name), "allows nothing but null: leave the property out")
    has_null = len(rest) < len(parts)
    if len(rest) > 1 and (number := _number_of_pair(rest)) is not None:
        rest = [number]
    return [(index, an_object(part, (*at, name, index))) for index, part in rest], has_null


def _is_null(part: Any) -> bool:
    return isinstance(part, dict) and (part.get("type") == "null" or part.get("const", 0) is None)


def _number_of_pair(parts: list[tuple[int, Any]]) -> tuple[int, Any] | None:
    """The number of a pair of a number and a string or an integer, as pydantic describes decimal numbers."""
    types = {str(part.get("type")): (index, part) for index, part in parts if isinstance(part, dict)}
    is_pair = len(parts) == 2 and (types.keys() == {"number", "string"} or types.keys() == {"number", "integer"})
    return types["number"] if is_pair else None


def _of_constants(found: Json, name: str, rest: list[tuple[int, Json]], at: Place) -> Json:
    if not all("const" in part or "enum" in part for _, part in rest):
        raise Refused((*at, name), _SEVERAL)
    return {**found, name: [part for _, part in rest]}


def _typed(found: Json, at: Place) -> tuple[Json, bool]:
    """The schema with one type, and whether null is allowed too."""
    type, values, is_nullable = found.get("type"), found.get("enum"), False
    if isinstance(type, list):
        kept = [one for one in type if one != "null"]
        if len(kept) != 1:
            raise Refused((*at, "type"), _SEVERAL)
        is_nullable, found = len(kept) < len(type), {**found, "type": kept[0]}
    if isinstance(values, list) and None in values:
        is_nullable, found = True, {**found, "enum": [value for value in values if value is not None]}
    return found, is_nullable
