"""What docs/api.md repeats of the API's description: the fields, limits, parameters and statuses, as tables."""

import json
from collections.abc import Iterator
from typing import Any

from bridge.agents import filters, openapi
from bridge.kinds import KINDS
from storage.model import Json
from tests.docs.tables import ByHand, Cell, Section, Table

SCHEMAS: Json = openapi.document()["components"]["schemas"]
PATHS: Json = openapi.document()["paths"]
OPERATIONS: dict[str, Json] = {
    operation["operationId"]: operation for methods in PATHS.values() for operation in methods.values()
}
_SENT = ("Field", "Type and limits", "Default", "Meaning")


def sent(model: str) -> Section:
    """A model that is sent: field, type and limits, what counts when it is left out."""
    rows = [_field(model, field, schema, ByHand(_described(schema))) for field, schema in _fields(model).items()]
    return [Table(head=_SENT, rows=rows)]


def received(model: str) -> Section:
    """A model that is received: field and type."""
    required = SCHEMAS[model]["required"]
    rows: list[list[Cell]] = []
    for field, schema in _fields(model).items():
        type = _told(schema)
        if field not in required:
            type += ", not always there"
        elif {"type": "null"} in schema.get("anyOf", []):
            type += " or null"
        rows.append([f"`{field}`", type, ByHand(_described(schema))])
    return [Table(head=("Field", "Type", "Meaning"), rows=rows)]


def question() -> Section:
    """What is sent to ask, for all kinds together; what only some kinds have says so, in their own words."""
    kinds: dict[tuple[str, str, str, str], list[str]] = {}
    for kind in KINDS:
        for field, schema in _fields(_model(kind)).items():
            if field != "kind":
                name, type, default, words = _field(_model(kind), field, schema, _described(schema))
                kinds.setdefault((name, type, default, words), []).append(kind)
    sorts = "; ".join(_begun(kind.request.__doc__ or "") for kind in KINDS.values())
    names = ", ".join(f'`"{kind}"`' for kind in KINDS)
    rows: list[list[Cell]] = [["`kind`", names, "must be given", f"What sort of question: {sorts}."]]
    for (name, type, default, words), having in kinds.items():
        if len(having) == len(KINDS):
            rows.append([name, type, default, ByHand(words)])
        else:
            rows.append([name, type, f"{default} for {_either(having)}", words])
    return [Table(head=_SENT, rows=rows)]


def models_of_kinds() -> Section:
    """The models that only kinds have in their fields, each with its heading and in its own words."""
    parts: list[str | Table] = []
    for model in own_models():
        rows = [_field(model, field, schema, _described(schema)) for field, schema in _fields(model).items()]
        parts += [f"### {model}", SCHEMAS[model]["description"], Table(head=_SENT, rows=rows)]
    return parts


def own_models() -> list[str]:
    """The models that are in fields of some kinds, and in those of not all kinds."""
    used = {kind: list(_models({"$ref": f"#/{_model(kind)}"})) for kind in KINDS}
    every = [model for models in used.values() for model in models]
    shared = [model for model in every if all(model in models for models in used.values())]
    return list(dict.fromkeys(model for model in every if model not in shared and model not in map(_model, KINDS)))


def operation(name: str) -> Section:
    """What an operation takes beside its body, and what it answers."""
    parameters: list[list[Cell]] = [
        [f"`{one['name']}`", one["in"], _told(one["schema"]), ByHand(_described(one))]
        for one in OPERATIONS[name].get("parameters", [])
    ]
    statuses = [[status, answer["description"]] for status, answer in OPERATIONS[name]["responses"].items()]
    tables = [Table(head=("Parameter", "In", "Type and limits", "Meaning"), rows=parameters)] if parameters else []
    return [*tables, Table(head=("Status", "Meaning"), rows=statuses)]


def is_enumeration(model: str) -> bool:
    """Whether a schema is a list of words, which every field that has one tells by itself."""
    return "enum" in SCHEMAS[model]


def _model(kind: str) -> str:
    return f"Create{kind.capitalize()}"


def _fields(model: str) -> Json:
    fields: Json = SCHEMAS[model]["properties"]
    return fields


def _field(model: str, field: str, schema: Json, words: Any) -> list[Any]:
    return [f"`{field}`", _told(schema), _unsent(model, field, schema), words]


def _models(schema: Any) -> Iterator[str]:
    """Every model that a schema leads to, itself first."""
    match schema:
        case {"$ref": ref}:
            model = ref.rpartition("/")[2]
            if not is_enumeration(model):
                yield model
                yield from _models(SCHEMAS[model])
        case dict():
            for inner in schema.values():
                yield from _models(inner)
        case list():
            for inner in schema:
                yield from _models(inner)


def _described(schema: Json) -> str:
    """What the code says of a field, as a sentence."""
    said = [schema.get("description"), *(one.get("description") for one in schema.get("anyOf", []))]
    words = next((words for words in said if words), "")
    return words if not words or words.endswith(".") else f"{words}."


def _told(schema: Json) -> str:
    """The type and the limits of a field, as the page says them."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return _told(SCHEMAS[name]) if is_enumeration(name) else f"[{name}](#{name.lower()})"
        case {"anyOf": choices}:
            return " or ".join(_told(choice) for choice in choices if choice != {"type": "null"})
        case {"const": only}:
            return f"`{json.dumps(only)}`"
        case {"enum": known}:
            return ", ".join(f"`{json.dumps(one)}`" for one in known)
        case {"type": "array", "items": inner}:
            limits = _limits(schema, "minItems", "maxItems", "").removeprefix(", ")
            return f"list of {limits}: {_told(inner)}" if limits else f"list of {_told(inner)}"
        case {"type": "string", "pattern": pattern} if pattern != filters.STORABLE:  # what no sane text has
            return f"string like `{pattern}`".replace("|", "\\|")  # or it would end the cell
        case {"type": "string", "format": "date-time"}:
            return "time"
        case {"type": "string"}:
            name = "web address" if schema.get("format") == "uri" else "string"
            return name + _limits(schema, "minLength", "maxLength", " characters")
        case {"type": "integer" | "number" as type}:
            return str(type) + _limits(schema, "minimum", "maximum", "")
    return str(schema["type"])


def _limits(schema: Json, least: str, most: str, what: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if high is None:
        return ""
    return f", at most {high:.0f}{what}" if low is None else f", {low} to {high:.0f}{what}"


def _unsent(model: str, field: str, schema: Json) -> str:
    if field in SCHEMAS[model].get("required", ()):
        return "must be given"
    default: Any = schema.get("default", [] if schema.get("type") == "array" else {})
    return "none" if default is None else f"`{json.dumps(default)}`"


def _either(kinds: list[str]) -> str:
    return " or ".join(f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in kinds)


def _begun(sentence: str) -> str:
    """A sentence as the part of another."""
    return f"{sentence[:1].lower()}{sentence[1:].strip().removesuffix('.')}"
