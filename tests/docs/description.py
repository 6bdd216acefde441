"""The API's description, read for people: its models and operations, and what it says of a field in plain words."""

import json
from collections.abc import Iterator
from typing import Any

from bridge.agents.interactions import filters
from bridge.agents.openapi import document
from storage.model import Json

SCHEMAS: Json = document.document()["components"]["schemas"]
PATHS: Json = document.document()["paths"]
OPERATIONS: dict[str, Json] = {
    operation["operationId"]: operation for methods in PATHS.values() for operation in methods.values()
}


def fields(model: str) -> Json:
    """The fields of a model, each with its schema."""
    properties: Json = SCHEMAS[model]["properties"]
    return properties


def is_enumeration(model: str) -> bool:
    """Whether a schema is a list of words, which every field that has one tells by itself."""
    return "enum" in SCHEMAS[model]


def models(schema: Any) -> Iterator[str]:
    """Every model that a schema leads to, itself first."""
    match schema:
        case {"$ref": ref}:
            model = ref.rpartition("/")[2]
            if not is_enumeration(model):
                yield model
                yield from models(SCHEMAS[model])
        case dict():
            for inner in schema.values():
                yield from models(inner)
        case list():
            for inner in schema:
                yield from models(inner)


def type_and_limits(schema: Json) -> str:
    """The type and the limits of a field, as the page says them."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return type_and_limits(SCHEMAS[name]) if is_enumeration(name) else f"[{name}](#{name.lower()})"
        case {"anyOf": choices}:
            return " or ".join(type_and_limits(choice) for choice in choices if choice != {"type": "null"})
        case {"const": only}:
            return f"`{json.dumps(only)}`"
        case {"enum": known}:
            return ", ".join(f"`{json.dumps(one)}`" for one in known)
        case {"type": "array", "items": inner}:
            limits = _limits(schema, "minItems", "maxItems", "").removeprefix(", ")
            return f"list of {limits}: {type_and_limits(inner)}" if limits else f"list of {type_and_limits(inner)}"
        case {"type": "string", "pattern": pattern} if pattern != filters.STORABLE:  # what no sane text has
            return f"string like `{pattern}`".replace("|", "\\|")  # or it would end the cell
        case {"type": "string", "format": "date-time"}:
            return "time"
        case {"type": "string"}:
            name = "web address" if schema.get("format") == "uri" else "string"
            return name + _limits(schema, "minLength", "maxLength", " characters")
        case {"type": "integer" | "number" as type}:
            return str(type) + _limits(schema, "minimum", "maximum", "")
    return str(schema.get("type", "any JSON"))


def _limits(schema: Json, least: str, most: str, what: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if high is None:
        return ""
    return f", at most {high:.0f}{what}" if low is None else f", {low} to {high:.0f}{what}"


def meaning(schema: Json) -> str:
    """What the code says of a field, as a sentence."""
    said = [schema.get("description"), *(one.get("description") for one in schema.get("anyOf", []))]
    words = next((words for words in said if words), "")
    return words if not words or words.endswith(".") else f"{words}."


def default(model: str, field: str) -> str:
    """What counts when a field is left out."""
    schema = fields(model)[field]
    if field in SCHEMAS[model].get("required", ()):
        return "required"
    is_list = any(one.get("type") == "array" for one in [schema, *schema.get("anyOf", [])])
    value: Any = schema.get("default", [] if is_list else {})
    return "none" if value is None else f"`{json.dumps(value)}`"
