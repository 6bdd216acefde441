"""Bodies made from the published models: a field that is new there is tried here without a word."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bridge.agents.requests import MODELS
from bridge.kinds import KINDS
from storage.model import Json
from tests.generated import hostile

Path: TypeAlias = tuple[str | int, ...]

ADDRESSES = ["https://x.example/" + "&" * 1_900, "http://[::1]/|>", "https://é.example/?<", "https://a@evil.example/",
             "HTTPS://EVIL.EXAMPLE", "https://*a*_b_~.example/", "ftp://a.example", "https://" + "h." * 900 + "example",
             "https://evil.example/<!channel>|bank"]  # fmt: skip
ROUTING: Json = {"to": {"channel": "C0APPROVALS"}, "responders": {"users": ["U0ANA"]}}
_MOST_ITEMS = 8  # usually; sometimes as many as there may be


def requests(model: type[BaseModel]) -> st.SearchStrategy[Json]:
    """Bodies for a model: each field of the right type and within the limits that its schema says, and hostile."""
    schema = model.model_json_schema()
    return values(schema, schema.get("$defs", {}))


def values(schema: Json, known: Json) -> st.SearchStrategy[Any]:
    """Hostile values that this schema allows."""
    match schema:
        case {"$ref": ref}:
            return values(known[ref.rpartition("/")[2]], known)
        case {"anyOf": several} | {"oneOf": several}:
            return st.one_of(*(values(one, known) for one in several))
        case {"const": value}:
            return st.just(value)
        case {"enum": several}:
            return st.sampled_from(several)
        case {"type": "object", "properties": fields}:
            needed = set(schema.get("required", ()))
            made = {name: values(inner, known) for name, inner in fields.items()}
            return st.fixed_dictionaries(
                {name: of for name, of in made.items() if name in needed},
                optional={name: of for name, of in made.items() if name not in needed},
            )
        case {"type": "object"}:
            return st.dictionaries(hostile.texts(30), hostile.json_values(), max_size=4)
        case {"type": "array", "items": inner}:
            least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST_ITEMS)
            of = values(inner, known)
            usual = st.lists(of, min_size=least, max_size=min(most, least + _MOST_ITEMS))
            return st.one_of(usual, usual, usual, st.lists(of, min_size=min(most, 10), max_size=most))
        case {"type": "string", "pattern": pattern}:
            return st.from_regex(pattern, fullmatch=True)
        case {"type": "string", "format": "uri"}:
            return st.sampled_from(ADDRESSES)
        case {"type": "string"}:
            return hostile.texts(schema.get("maxLength", 1_000), schema.get("minLength", 0))
        case {"type": "integer"}:
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case {"type": "number"}:
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
    raise AssertionError(f"the grammar does not know {schema}")


def mended(model: type[BaseModel], body: Json) -> Json | None:
    """The body as a sender would mend it: what was refused becomes a plainer text; None if that is no help."""
    for _ in range(3):
        try:
            model.model_validate(body)
        except ValidationError as error:
            for place in {problem["loc"] for problem in error.errors()}:
                body = _mended(body, place)
        else:
            return body
    return None


def _mended(value: Any, place: tuple[int | str, ...]) -> Any:
    match value:
        case dict() if place and place[0] in value:
            return value | {str(place[0]): _mended(value[str(place[0])], place[1:])}
        case list() if place and isinstance(place[0], int):
            return [_mended(inner, place[1:]) if n == place[0] else inner for n, inner in enumerate(value)]
        case list():
            return [_told_apart(inner, n) for n, inner in enumerate(value)]
        case str():
            return "m" + re.sub(r"[^ -~\xa0-\ud7ff\ue000-\U0010ffff]|[\u2028\u2029]", "", value)[: len(value) // 3]
    return value


def _told_apart(item: Any, number: int) -> Any:
    if isinstance(item, dict):
        return {name: _told_apart(inner, number) if name != "style" else inner for name, inner in item.items()}
    return f"{number}{item[: len(item) // 3]}" if isinstance(item, str) else item


def fields(model: type[BaseModel]) -> Iterator[Path]:
    """Every field there is, at any depth; the first item stands for all of a list."""
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
    """The body with this value there, whatever had to be made around it."""
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        items = body if isinstance(body, list) else []
        return [placed(items[0] if items else None, tuple(rest), value), *items[1:]]
    inner = body if isinstance(body, dict) else {}
    return inner | {step: placed(inner.get(step), tuple(rest), value)}


def whole(kind: str) -> Json:
    """A valid body of a kind: the longest of its examples, addressed."""
    longest = max((example.request for example in KINDS[kind].examples), key=lambda request: len(str(request)))
    return longest | ROUTING


def bodies() -> st.SearchStrategy[Json]:
    """Bodies of every kind; most are addressed to where they can go."""

    def of(kind: str) -> st.SearchStrategy[Json]:
        content = requests(KINDS[kind].request)
        addressed = content.map(lambda body: body | ROUTING)
        return st.one_of(addressed, addressed, requests(MODELS[kind]))

    return st.one_of(*(of(kind) for kind in KINDS))


@st.composite
def spoiled(draw: st.DrawFn, body: Any) -> Any:
    """The body with something odd put somewhere in it."""
    if not isinstance(body, dict | list) or not body or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(hostile.ODD) | hostile.json_values())
    if isinstance(body, list):
        place = draw(st.integers(0, len(body) - 1))
        return [*body[:place], draw(spoiled(body[place])), *body[place + 1 :]]
    name = draw(st.sampled_from(sorted(body)))
    match draw(st.integers(0, 9)):
        case 0:
            return {inner: body[inner] for inner in body if inner != name}
        case 1:
            return body | {draw(hostile.texts(2_000)): draw(st.sampled_from(hostile.ODD))}
        case _:
            return body | {name: draw(spoiled(body[name]))}
