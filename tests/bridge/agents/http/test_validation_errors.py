"""Every mistake in a body is explained in the bridge's words, with an exact pointer."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from bridge.agents.http import validation_errors
from bridge.agents.interactions.requests import MODELS, Cancellation
from bridge.kinds.registry import KINDS
from storage.model import Json
from tests.bridge.agents.door import Door, body

WHOLE: Json = {
    "kind": "approval",
    "title": "t",
    "body": "b",
    "action": {"name": "deploy", "arguments": {"a": 1}},
    "facts": [{"name": "n", "value": "v"}],
    "agent": {"name": "n", "run": "r", "url": "https://ci.example"},
    "on_behalf_of": {"user": "U0BOB"},
    "to": [{"channel": "C0A", "thread_ts": "1.000000"}, {"user": "U0ANA"}],
    "responders": {"users": ["U0ANA"], "anyone_in_channel": False, "outsiders": "refuse"},
    "connection": "con_x",
    "expires_in": 60,
    "on_expiry": {"decision": "deny"},
    "supersedes": "int_x",
    "tags": ["t"],
    "metadata": {"m": [1]},
}
OPTIONS = [
    {"id": "a", "label": "A", "style": "danger", "confirm": "Sure?"},
    {"id": "b", "label": "B", "style": None, "confirm": None},
]
CHOICE = {**WHOLE, "kind": "choice", "options": OPTIONS, "on_expiry": {"option": "a"}}

# The schema nodes that the models are made of, and what each can find wrong. A field of another sort brings its own.
NODES: dict[str, set[str]] = {
    "any": set(),
    "bool": {"bool_type"},
    "dict": {"dict_type"},
    "function-after": {"too_long", "too_short"},  # pydantic's own for what we check first; else in our words
    "function-before": set(),
    "function-wrap": set(),
    "int": {"int_type", "greater_than_equal", "less_than_equal"},
    "list": {"list_type", "too_long", "too_short"},
    "literal": {"literal_error"},
    "model": {"model_type"},
    "model-fields": {"missing", "extra_forbidden"},
    "nullable": set(),
    "str": {"string_type", "string_pattern_mismatch", "string_too_long"},
    "tagged-union": set(),  # whose variant is chosen by the type of the value, whatever that is
    "url": {"url_type", "url_parsing", "url_scheme", "url_too_long"},
}
STRUCTURE = {"default", "definition-ref", "definitions", "model-field", "no-info", "with-info"}
WRONG: list[Any] = [
    None, True, False, 0, -1, 59, 2_592_001, 10**400, 0.5, 60.0, float("nan"), "", " ", "x", "\x07", "a\nb", "x" * 101,
    "x" * 600, "x" * 10_000, "U0ANA", "C0A", "@ana", "#ops", "http://", "https://a.example/" + "x" * 2_500,
    "https://a/" + "é" * 500, "ftp://a.example", "https://a b", "javascript:alert(1)", [], [None], ["x"], [1] * 101,
    ["x"] * 101, {}, {"a": 1}, {"user": "U0ANA"}, {"user": "U0ANA", "channel": "C0A"}, {"thread_ts": "1.000000"},
    {"decision": "deny", "option": "a"}, {"users": ["U0ANA"], "anyone_in_channel": True}, [OPTIONS[0]] * 2, OPTIONS[:1],
    [OPTIONS[0]] * 101,
]  # fmt: skip


def nodes(schema: Any) -> Iterator[str]:
    """The types of all nodes of a validating schema, without those that only the JSON schema uses."""
    match schema:
        case dict():
            if isinstance(schema.get("type"), str):
                yield schema["type"]
            for name, inner in schema.items():
                if name not in {"metadata", "serialization", "json_schema_input_schema"}:
                    yield from nodes(inner)
        case list() | tuple():
            for inner in schema:
                yield from nodes(inner)


def spoiled(value: Any) -> Iterator[Any]:
    """Every variant of the value with one part replaced, left out or added."""
    yield from WRONG
    match value:
        case dict():
            for name, inner in value.items():
                yield {key: kept for key, kept in value.items() if key != name}
                yield from ({**value, name: other} for other in spoiled(inner))
            yield {**value, "a/b~c": 1}
        case list():
            for place, inner in enumerate(value):
                yield from ([*value[:place], other, *value[place + 1 :]] for other in spoiled(inner))


def mistakes_of(model: Any, sent: Any) -> list[ErrorDetails]:
    try:
        model.model_validate(sent)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


@cache  # and not at import: every worker of the tests imports this
def every_mistake() -> list[tuple[Json, ErrorDetails]]:
    """Each mistake of each spoiled body."""
    return [
        (sent, wrong)
        for model, whole in ((MODELS["approval"], WHOLE), (MODELS["choice"], CHOICE), (Cancellation, {"reason": "r"}))
        for sent in spoiled(whole)
        if isinstance(sent, dict)  # whatever else comes is refused before it meets a model
        for wrong in mistakes_of(model, sent)
    ]


def test_the_models_are_made_of_nothing_else() -> None:
    models: list[type[BaseModel]] = [*MODELS.values(), Cancellation]
    made_of = {node for model in models for node in nodes(model.__pydantic_core_schema__)}

    assert made_of - STRUCTURE == set(NODES)


def test_every_mistake_that_can_be_made_was_made() -> None:
    theirs = {wrong["type"] for _, wrong in every_mistake()} & set(get_args(ErrorType))

    assert theirs == set().union(*NODES.values())


def test_every_mistake_reads_as_the_rest_of_a_sentence() -> None:
    for text in sorted({validation_errors.words(wrong) for _, wrong in every_mistake()}):
        assert re.match(r"(must|has|is not a|is required\b) ?", text), text
        assert not re.search(
            r"[Ii]nput|[Vv]alid|instance|should|dictionary|boolean|integer|tuple|None|[A-Z]\w+Error", text
        )
        assert not re.search(r"\b1 (items|characters)|\.$|  ", text), text


def test_none_of_their_words_falls_through() -> None:
    """An error that no field can cause today is translated too."""
    for type in get_args(ErrorType):
        wrong: ErrorDetails = {
            "type": type,
            "loc": ("title",),
            "msg": "Input should be other",
            "input": 1,
            "ctx": CONTEXT,
        }

        assert "Input" not in validation_errors.words(wrong), type


CONTEXT = {"max_length": 5, "min_length": 1, "pattern": "^x$", "ge": 1, "le": 2, "expected": "'a' or 'b'"}


def test_every_pointer_leads_to_the_place() -> None:
    """For a missing field, the pointer leads to where the field should be."""
    for sent, wrong in every_mistake():
        at: Any = sent
        *way, last = validation_errors.pointer(sent, wrong).split("/")[1:] or [""]
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step.replace("~1", "/").replace("~0", "~")]
        if wrong["type"] == "responders_missing":
            assert (at, last) == (sent, "responders")
        elif wrong["type"] == "missing":
            assert isinstance(at, dict) and last not in at
        elif last:
            found = at[int(last)] if isinstance(at, list) else at[last.replace("~1", "/").replace("~0", "~")]
            assert wrong["input"] is found or wrong["input"] == found or wrong["type"] not in get_args(ErrorType)
        else:
            assert wrong["loc"] == ()


TOLD: list[tuple[Json, str]] = [
    ({"kind": None}, f"/kind must be {validation_errors.either(KINDS)}."),
    ({"title": None}, "/title is required."),
    ({"title": 5}, "/title must be a string."),
    ({"title": ""}, "/title must contain a visible character."),
    ({"title": "x" * 151}, "/title must have at most 150 characters."),
    ({"body": 5}, "/body must be a string."),
    ({"tags": ["t"] * 21}, "/tags must have at most 20 items."),
    ({"tags": "t"}, "/tags must be a list."),
    ({"tag": "t"}, "/tag is not a known field."),
    ({"facts": ["x"]}, "/facts/0 must be an object."),
    ({"metadata": []}, "/metadata must be an object."),
    ({"metadata": {"a": ["\x00"]}}, "/metadata/a/0 must not contain NUL or half a surrogate pair."),
    ({"responders": {"users": []}}, "/responders/users must have at least 1 item."),
    ({"responders": {"anyone_in_channel": "yes"}}, "/responders/anyone_in_channel must be true or false."),
    ({"responders": {"users": ["U0A"], "outsiders": 1}}, '/responders/outsiders must be "refuse" or "allow".'),
    ({"responders": {}}, '/responders must have "users" or "anyone_in_channel": true.'),
    (
        {"responders": {"users": ["U0A"], "anyone_in_channel": True}},
        '/responders must have "users" or "anyone_in_channel": true, not both.',
    ),
    ({"to": "#ops"}, '/to must be {"user": "U…"}, {"channel": "C…"}, or a list of these.'),
    ({"to": {}}, '/to must have "user" or "channel".'),
    ({"to": [{"user": "U0A", "channel": "C0A"}]}, '/to/0 must have "user" or "channel", not both.'),
    ({"to": {"user": "U0A", "thread_ts": "1.000000"}}, '/to must have "thread_ts" only together with "channel".'),
    ({"to": {"channel": "#ops"}}, "/to/channel must be a Slack conversation id such as C012AB3CD, not a name."),
    ({"to": {"user": "@ana"}}, "/to/user must be a Slack user id such as U012AB3CD, not a name."),
    ({"expires_in": "60"}, "/expires_in must be a whole number of seconds."),
    ({"expires_in": 5}, "/expires_in must be at least 60 seconds."),
    ({"expires_in": 10**9}, "/expires_in must be at most 2592000 seconds."),
    ({"on_expiry": {}}, '/on_expiry must have "decision", "option" or "text".'),
    ({"on_expiry": {"decision": "no"}}, '/on_expiry/decision must be "approve", "deny" or "decline".'),
    (
        {"on_expiry": {"option": "x"}},
        ("/on_expiry/option must be a possible answer of this approval: "
        '{"decision": "approve"} or {"decision": "deny"}.'),
    ),
    ({"agent": {"url": "ci"}}, "/agent/url must be a complete URL, such as https://ci.example.com/runs/7."),
    ({"agent": {"url": "ftp://ci"}}, "/agent/url must start with https:// or http://."),
    ({"agent": {"url": "https://a/" + "é" * 400}}, "/agent/url must have at most 2000 characters."),
    ({"agent": {"url": "https://a/" + "x" * 4_000}}, "/agent/url must have at most 2000 characters."),
    ({"supersedes": "x"}, "/supersedes is not an interaction of your organization."),
    ({"kind": "choice", "options": []}, "/options must have at least 2 items."),
    ({"kind": "choice"}, "/options is required."),
]  # fmt: skip


async def test_a_mistake_is_told_so_that_it_can_be_mended(door: Door) -> None:
    for fields, detail in TOLD:
        reply = await door.ask(body(**fields))

        assert reply.json["detail"] == detail
        (error,) = reply.json["errors"]
        assert f"{error['pointer']} {error['message']}." == detail
    assert await door.rows() == 0


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], '"a"'), (["a", "b"], '"a" or "b"'), (["a", "b", "c"], '"a", "b" or "c"')]
)
def test_one_of_several_is_listed_as_a_person_would(names: list[str], text: str) -> None:
    assert validation_errors.either(names) == text
