"""Bounds of a schema that are checked before anything is built of it, so that a refusal costs little."""

from typing import Any, Final

from bridge.forms.form import MAX_OPTIONS
from bridge.schemas import expansion, references
from bridge.schemas.refusal import Place, Refused
from storage import json_text
from storage.model import Json

MAX_SCHEMA: Final = 64 * 1024
"""Bytes of a schema as JSON."""

MAX_FIELDS: Final = 50
"""Inputs of one form, on all of its pages."""

MAX_PATTERN: Final = 500
"""Characters of one pattern."""

_MAX_PATTERNS: Final = 50
_LISTS: Final = ("enum", "oneOf", "anyOf")


def check(schema: Json) -> int:
    """How many patterns a schema has.

    Raises Refused for one that is too long, has too many inputs, options or patterns, or refers elsewhere.
    """
    patterns = 0
    left: list[tuple[Any, Place]] = [(schema, ())]
    while left:
        value, at = left.pop()
        if isinstance(value, list):
            left += [(inner, (*at, index)) for index, inner in enumerate(value) if isinstance(inner, dict | list)]
            continue
        if not isinstance(value, dict):
            continue
        _check_object(value, at)
        if isinstance(value.get("$ref"), str):
            references.target(value["$ref"], (*at, "$ref"), schema)
        patterns += isinstance(value.get("pattern"), str) + _names(value.get("patternProperties"))
        if patterns > _MAX_PATTERNS:
            raise Refused((*at, "pattern"), f"is one pattern too many: a schema may have {_MAX_PATTERNS}")
        left += [(inner, (*at, name)) for name, inner in value.items() if isinstance(inner, dict | list)]
    if json_text.is_longer(schema, MAX_SCHEMA):
        raise Refused((), f"must have at most {MAX_SCHEMA} bytes as JSON: leave out what the form does not need")
    expansion.check(schema)
    return patterns


def _names(patterns: Any) -> int:
    return len(patterns) if isinstance(patterns, dict) else 0


def _check_object(value: dict[str, Any], at: Place) -> None:
    properties = value.get("properties")
    if isinstance(properties, dict) and len(properties) > MAX_FIELDS:
        raise Refused(
            (*at, "properties"),
            f"has {len(properties):,} properties, and a form has at most {MAX_FIELDS} inputs: ask for less, or ask "
            "several questions",
        )
    for name in _LISTS:
        options = value.get(name)
        if isinstance(options, list) and len(options) > MAX_OPTIONS:
            raise Refused(
                (*at, name),
                f"has {len(options):,} values, and a menu of Slack has at most {MAX_OPTIONS}: offer fewer, or ask for "
                "a string with a pattern",
            )
    pattern = value.get("pattern")
    if isinstance(pattern, str) and len(pattern) > MAX_PATTERN:
        raise Refused((*at, "pattern"), f"must have at most {MAX_PATTERN} characters")
