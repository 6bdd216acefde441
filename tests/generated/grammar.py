"""Random bodies made from the published models, so that a new field is tried without a change here."""

import random
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from bridge.agents.interactions.requests import MODELS
from bridge.kinds.registry import KINDS
from storage.model import Json
from tests.generated import hostile

Path: TypeAlias = tuple[str | int, ...]

ADDRESSES = ["https://x.example/" + "&" * 1_900, "http://[::1]/|>", "https://é.example/?<", "https://a@evil.example/",
             "HTTPS://EVIL.EXAMPLE", "https://*a*_b_~.example/", "ftp://a.example", "https://" + "h." * 900 + "example",
             "https://evil.example/<!channel>|bank"]  # fmt: skip
MOMENTS = ["2026-11-21T14:03:00Z", "1900-01-01t00:00:00+23:59", "2199-12-31T23:59:59.999999999-12:00",
           "2026-02-30T00:00:00Z", "2026-11-21T14:03:00", "0001-01-01T00:00:00Z", "now"]  # fmt: skip
ROUTING: Json = {"to": {"channel": "C0APPROVALS"}, "responders": {"users": ["U0ANA"]}}
# Candidates for a field with a pattern: all words of the examples, and ids.
WORDS = sorted(
    {
        *re.findall(r"[^\s\"]+", str([example.request for kind in KINDS.values() for example in kind.examples])),
        *re.findall(r"[A-Za-z0-9/-]+", str([example.request for kind in KINDS.values() for example in kind.examples])),
        *("U0ANA", "WB", "U" + "0" * 30, "C0A", "G0A", "D0A", "1.000000", "1700000000.000100", "refuse", "allow"),
    }
)
_WORDS_OF_A_FIELD = {"title", "description", "default", "examples"}  # with nothing else, it takes any JSON
_OF_A_SCHEMA = {"schema", "initial", "order"}
_OBJECTS = {"comments", "owner", "board", "blocker", "moment", "edit"}  # errors that leaving the field out repairs
_ELSEWHERE = {"connection", "supersedes", "on_expiry"}
_USUAL_ITEMS = 8  # the usual limit of a list's length; sometimes a list is as long as its schema allows


def request(model: type[BaseModel], chance: random.Random) -> Json:
    """A hostile body for a model: each field has the type and keeps the limits of its schema."""
    schema = model.model_json_schema()
    made: Json = _value(schema, schema.get("$defs", {}), chance)
    if "schema" in model.model_fields:  # which no schema describes
        made = {name: value for name, value in made.items() if name not in _OF_A_SCHEMA} | {"schema": schema_of(chance)}
    if made.get("edit") is not None:
        made["edit"] = chance.choice([True, {"schema": schema_of(chance)}, {"schema": schema_of(chance)}, "all"])
    return made


def schema_of(chance: random.Random) -> Json:
    """A JSON Schema with hostile names, titles, descriptions and values, which a form can mostly show."""
    properties = {}
    for _ in range(chance.randint(1, 15)):
        described = {name: _storable(chance, 300) for name in ("title", "description") if chance.random() < 0.6}
        properties[_storable(chance, 100)] = {"type": "string", **_schema_of_value(chance), **described}
    return {"type": "object", "properties": properties}


def _schema_of_value(chance: random.Random) -> Json:
    match chance.randrange(8):
        case 0:
            return {"enum": [f"{number}{_storable(chance, 60)}" for number in range(chance.randint(1, 12))]}
        case 1:
            return {"type": chance.choice(["integer", "number", "boolean"])}
        case 2:
            return {"format": chance.choice(["date", "time", "date-time", "email", "uri", _storable(chance, 20)])}
        case 3:
            return {"type": "array", "items": {"type": "string", "enum": ["a", "b", "<!channel>"]}}
        case 4:
            return {"default": _storable(chance, 500), "maxLength": 3_000}
        case 5:
            return {"type": "object", "properties": {_storable(chance, 50): {"type": "string"}}}
    return {}


def _storable(chance: random.Random, limit: int) -> str:
    """A hostile text that PostgreSQL can store: whole schemas are refused for one that it cannot."""
    return re.sub("[\x00\ud800-\udfff]", "", hostile.text(chance, limit))


def _value(schema: Json, known: Json, chance: random.Random) -> Any:
    """A hostile value that this schema allows."""
    match schema:
        case {"$ref": ref}:
            return _value(known[ref.rpartition("/")[2]], known, chance)
        case {"anyOf": several} | {"oneOf": several}:
            return _value(chance.choice(several), known, chance)
        case {"const": value}:
            return value
        case {"enum": several}:
            return chance.choice(several)
        case {"type": "object", "properties": fields}:
            needed = set(schema.get("required", ()))
            chosen = [name for name in fields if name in needed or chance.random() < 0.6]
            return {name: _value(fields[name], known, chance) for name in chosen}
        case {"type": "object"}:
            return {hostile.text(chance, 30): hostile.json_value(chance) for _ in range(chance.randint(0, 4))}
        case {"type": "array", "items": inner}:
            minimum, maximum = schema.get("minItems", 0), schema.get("maxItems", _USUAL_ITEMS)
            usual = min(maximum, minimum + _USUAL_ITEMS)
            count = chance.randint(minimum, usual if chance.random() < 0.9 else maximum)
            return [_value(inner, known, chance) for _ in range(count)]
        case {"type": "string", "pattern": pattern}:
            return chance.choice([word for word in WORDS if re.search(pattern, word)])
        case {"type": "string", "format": "uri"}:
            return chance.choice(ADDRESSES)
        case {"type": "string", "format": "date-time"}:
            return chance.choice(MOMENTS)
        case {"type": "string"}:
            return hostile.text(chance, schema.get("maxLength", 1_000), schema.get("minLength", 0))
        case {"type": "integer"}:
            minimum, maximum = schema["minimum"], schema["maximum"]
            return chance.choice([minimum, maximum, chance.randint(minimum, maximum)])
        case {"type": "boolean"}:
            return chance.random() < 0.5
        case {"type": "null"}:
            return None
    if not schema.keys() - _WORDS_OF_A_FIELD:
        return hostile.json_value(chance)
    raise AssertionError(f"the grammar does not know {schema}")


def mended(model: type[BaseModel], body: Json) -> Json | None:
    """The body as a sender would repair it: refused values become plainer texts. None if that does not help."""
    for _ in range(200):  # fields that contradict others are named one after the other
        try:
            model.model_validate(body)
        except ValidationError as error:
            for problem in error.errors():
                if beyond := problem.get("ctx", {}).get("at"):
                    body = _without(body, (*problem["loc"], *beyond))
                elif problem["type"] in _OBJECTS:  # fields of an object that do not go together, or none of them
                    body = _without(body, problem["loc"])
                else:
                    body = _mended(body, problem["loc"])
        else:
            return body
    return None


def _without(value: Any, path: tuple[int | str, ...]) -> Any:
    """The body without the field at this path, which contradicts another field."""
    match value:
        case dict() if len(path) == 1:
            return {name: inner for name, inner in value.items() if name != path[0]}
        case dict() if path[0] in value:
            return value | {str(path[0]): _without(value[str(path[0])], path[1:])}
        case list() if len(path) == 1:
            return [inner for n, inner in enumerate(value) if n != path[0]]
        case list():
            return [_without(inner, path[1:]) if n == path[0] else inner for n, inner in enumerate(value)]
    return value


def _mended(value: Any, path: tuple[int | str, ...]) -> Any:
    match value:
        case dict() if path and path[0] in value:
            return value | {str(path[0]): _mended(value[str(path[0])], path[1:])}
        case list() if path and isinstance(path[0], int):
            return [_mended(inner, path[1:]) if n == path[0] else inner for n, inner in enumerate(value)]
        case list():
            return [_made_distinct(inner, n) for n, inner in enumerate(value)]
        case str():
            return "m" + re.sub(r"[^ -~\xa0-\ud7ff\ue000-\U0010ffff]|[\u2028\u2029]", "", value)[: len(value) // 3]
    return value


_WORDS = ("style", "comment")  # fields that take only certain words, or a comment's own fields


def _made_distinct(item: Any, number: int) -> Any:
    """The item with its number in every text, so that no two items of a list are equal."""
    if isinstance(item, dict):
        return {name: _made_distinct(inner, number) if name not in _WORDS else inner for name, inner in item.items()}
    return f"{number}{item[: len(item) // 3]}" if isinstance(item, str) else item


def fields(model: type[BaseModel]) -> Iterator[Path]:
    """The path of every field at any depth; of a list only the first item."""
    schema = model.model_json_schema()
    yield from _fields(schema, schema.get("$defs", {}), ())


def _fields(schema: Json, known: Json, path: Path) -> Iterator[Path]:
    match schema:
        case {"$ref": ref}:
            yield from _fields(known[ref.rpartition("/")[2]], known, path)
        case {"anyOf": several} | {"oneOf": several}:
            for one in several:
                yield from _fields(one, known, path)
        case {"properties": inner}:
            for name, of in inner.items():
                yield (*path, name)
                yield from _fields(of, known, (*path, name))
        case {"items": of}:
            yield (*path, 0)
            yield from _fields(of, known, (*path, 0))


def placed(body: Any, path: Path, value: Any) -> Any:
    """The body with this value at the path; missing lists and objects on the way are created."""
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        items = body if isinstance(body, list) else []
        return [placed(items[0] if items else None, tuple(rest), value), *items[1:]]
    inner = body if isinstance(body, dict) else {}
    return inner | {step: placed(inner.get(step), tuple(rest), value)}


def whole(kind: str) -> Json:
    """A valid body of a kind: the longest of its examples, with a channel and responders."""
    longest = max((example.request for example in KINDS[kind].examples), key=lambda request: len(str(request)))
    return longest | ROUTING


def body(chance: random.Random) -> Json:
    """A body of any kind."""
    return request(MODELS[chance.choice(sorted(MODELS))], chance)


def addressed(body: Json) -> Json:
    """The body with a valid channel and responders, and without fields that refer to existing rows."""
    return {name: value for name, value in body.items() if name not in _ELSEWHERE} | ROUTING


def spoiled(body: Any, chance: random.Random) -> Any:
    """The body with an odd value at a random position."""
    if not isinstance(body, dict | list) or not body or chance.random() < 0.15:
        return chance.choice(hostile.ODD) if chance.random() < 0.7 else hostile.json_value(chance)
    if isinstance(body, list):
        index = chance.randrange(len(body))
        return [*body[:index], spoiled(body[index], chance), *body[index + 1 :]]
    name = chance.choice(sorted(body))
    match chance.randrange(10):
        case 0:
            return {inner: body[inner] for inner in body if inner != name}
        case 1:
            return body | {hostile.text(chance, 2_000): chance.choice(hostile.ODD)}
        case _:
            return body | {name: spoiled(body[name], chance)}
