"""What a form cannot show is refused when it is asked, with the place and with what to do, at once."""

import time
from typing import Any

import pytest

from bridge.forms.form import Submitted
from bridge.schemas import typed_form
from bridge.schemas.refusal import Refused


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


CYCLE = {
    **of(a={"$ref": "#/$defs/a"}),
    "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
}
TREE = {
    **of(root={"$ref": "#/$defs/Node"}),
    "$defs": {"Node": {**of(name={"type": "string"}, parent={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]})}},
}
UNBOUNDED = (
    "cannot be checked in a bounded time, or is no regular expression: leave out lookaheads, backreferences and large "
    "repetitions"
)
LOOK_ALIKE = (
    'must have labels that look different; those of values 0 and 1, counted from 0, look alike: "Berlin" and '
    '"B\\u0435rlin": use "oneOf" with a "const" and a "title" for each'
)
REFUSED: dict[str, tuple[Any, str, str]] = {
    "enum of 10,000": (
        of(size={"enum": list(range(10_000))}),
        "/schema/properties/size/enum",
        "has 10,000 values, and a menu of Slack has at most 100: offer fewer, or ask for a string with a pattern",
    ),
    "1,000 fields": (
        of(**{f"field{number}": {"type": "string"} for number in range(1_000)}),
        "/schema/properties",
        "has 1,000 properties, and a form has at most 50 inputs: ask for less, or ask several questions",
    ),
    "cycle": (CYCLE, "/schema/$defs/b/$ref", "leads back to itself, and a form has an end: ask for one level only"),
    "recursion": (
        TREE,
        "/schema/$defs/Node/properties/parent/anyOf/0/$ref",
        "leads back to itself, and a form has an end: ask for one level only",
    ),
    "remote": (
        of(a={"$ref": "http://127.0.0.1:9/schema.json"}),
        "/schema/properties/a/$ref",
        'must lead to a place in the schema itself, such as "#/$defs/Address": nothing is fetched',
    ),
    "default": (
        of(a={"type": "integer", "maximum": 9, "default": 10}),
        "/schema/properties/a/default",
        "is not allowed by the schema (Please enter a number of at most 9)",
    ),
    "exploding pattern": (
        of(a={"type": "string", "pattern": "((a{100}){100}){100}"}),
        "/schema/properties/a/pattern",
        UNBOUNDED,
    ),
    "lookahead": (
        of(a={"type": "string", "pattern": "^(?=.*[0-9]).+$"}),
        "/schema/properties/a/pattern",
        UNBOUNDED,
    ),
    "objects in objects": (
        of(a=of(b=of(c={"type": "string"}))),
        "/schema/properties/a/properties/b",
        "is an object in an object in the form, which shows one level: ask for its properties one level higher",
    ),
    "list of objects": (
        of(a={"type": "array", "items": of(b={"type": "string"})}),
        "/schema/properties/a/items",
        "is a list of objects, which a form cannot show: ask one question for each",
    ),
    "several sorts": (
        of(a={"type": ["string", "integer"]}),
        "/schema/properties/a/type",
        "allows values of several sorts, and a person can be asked for one: keep one of them, or null beside it",
    ),
    "any names": (
        of(a={"type": "object", "additionalProperties": {"type": "string"}}),
        "/schema/properties/a",
        'allows properties with any name, and a form has an input for each: name them in "properties"',
    ),
    "required without an input": (
        {**of(a={"type": "string"}), "required": ["a", "b"]},
        "/schema/required/1",
        "is not among the properties, so a form has no input for it",
    ),
    "condition": (
        {**of(a={"type": "string"}), "if": {"required": ["a"]}, "then": False},
        "/schema/if",
        "cannot be shown in a form: leave it out, and check the answer yourself",
    ),
    "secret": (
        of(a={"type": "string", "format": "password", "writeOnly": True}),
        "/schema/properties/a",
        "asks for a secret, which every reader of the answer sees: have it entered where it belongs",
    ),
    "look-alikes": (
        of(a={"enum": ["Berlin", "B\u0435rlin"]}),
        "/schema/properties/a/enum",
        LOOK_ALIKE,
    ),
    "no type": (
        of(a={}),
        "/schema/properties/a",
        'has no type that a form can show: give it a "type" such as "string", or an "enum"',
    ),
    "no schema": (
        of(a={"type": "text"}),
        "/schema/properties/a/type",
        "is not valid in a JSON Schema of the draft 2020-12",
    ),
    "lost reference": (
        of(a={"$ref": "#/$defs/a"}),
        "/schema/properties/a/$ref",
        'must lead to a schema inside this one, such as "#/$defs/Address"',
    ),
    "too long": (
        of(a={"type": "string", "description": "x" * 70_000}),
        "/schema",
        "must have at most 65536 bytes as JSON: leave out what the form does not need",
    ),
    "no object": (
        {"type": "string"},
        "/schema",
        'must have the type "object" with "properties": a form has an input for each',
    ),
    "nothing": (of(), "/schema/properties", "must have at least one property: without one there is nothing to ask"),
}


@pytest.mark.parametrize(("schema", "pointer", "words"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_words(schema: Any, pointer: str, words: str) -> None:
    began = time.perf_counter()

    with pytest.raises(Refused) as refused:
        typed_form.read(schema)

    assert "/" + "/".join(map(str, refused.value.at)) == pointer
    assert refused.value.words == words
    assert time.perf_counter() - began < 1, "the process can do nothing else meanwhile"


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){20}"])
def test_a_pattern_that_explodes_in_other_engines_takes_no_time(pattern: str) -> None:
    form = typed_form.read(of(a={"type": "string", "pattern": pattern}))

    began = time.perf_counter()
    form.values(Submitted(texts={"v0": "a" * 2_999 + "!"}))
    assert time.perf_counter() - began < 0.2


@pytest.mark.parametrize(
    ("initial", "pointer", "words"),
    [
        ({"b": 1}, "/initial/b", "is not a property of the schema"),
        ({"n": "one"}, "/initial/n", "cannot be shown in the input of this property"),
        ({"n": True}, "/initial/n", "cannot be shown in the input of this property"),
        ({"n": 11}, "/initial/n", "is not allowed by the schema (Please enter a number of at most 9)"),
        ({"c": "blue"}, "/initial/c", "must be one of the values that the schema allows"),
        ({"o": 1}, "/initial/o", "must be an object"),
        ({"o": {"p": "y"}}, "/initial/o/p", "is not allowed by the schema (This must match the pattern ^x$)"),
        ({"t": ["a\nb"]}, "/initial/t/0", "cannot be shown in the input of this property"),
        ({"d": "2026-02-30"}, "/initial/d", "is not allowed by the schema (Please enter a value of the format date)"),
        ({"w": "1999-01-01T00:00:00Z"}, "/initial/w", "cannot be shown in the input of this property"),
    ],
)
def test_an_initial_value_must_be_one_that_the_person_could_enter(initial: Any, pointer: str, words: str) -> None:
    schema = of(
        n={"type": "integer", "maximum": 9},
        c={"enum": ["red", "green"]},
        o=of(p={"type": "string", "pattern": "^x$"}),
        t={"type": "array", "items": {"type": "string"}},
        d={"type": "string", "format": "date"},
        w={"type": "string", "format": "date-time"},
    )

    with pytest.raises(Refused) as refused:
        typed_form.read(schema, initial)

    assert ("/" + "/".join(map(str, refused.value.at)), refused.value.words) == (pointer, words)
