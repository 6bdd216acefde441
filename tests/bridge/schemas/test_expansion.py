"""A schema that its references or patterns make huge is refused at once, before a validator is built of it."""

import time
from typing import Any

import pytest

from bridge.forms.form import Submitted
from bridge.schemas import expansion, order, typed_form
from bridge.schemas.refusal import Refused

LEVELS = 24
"""Twice as large with each: what is refused here would take many seconds to validate one value with."""


def doubling(levels: int = LEVELS) -> dict[str, Any]:
    twice = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return twice | {f"d{levels}": {"minLength": 1}}


def form(shown: Any = None, **others: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": shown or {"type": "string"}}, **others}


HIDDEN = {"oneOf": [{"const": "x", "allOf": [{"$ref": "#/$defs/d0"}]}, {"const": "y"}]}
CHAIN = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(1_800)} | {"d1800": {"type": "string"}}
REFUSED: dict[str, tuple[Any, str]] = {
    "behind a constant": (form(HIDDEN, **{"$defs": doubling()}), "too large"),
    "of other properties": (
        form(unevaluatedProperties={"$ref": "#/$defs/d0"}, **{"$defs": doubling()}),
        "too large",
    ),
    "behind an encoded name": (
        form(
            {"oneOf": [{"const": "x", "allOf": [{"$ref": "#/%24defs/d0"}]}]},
            **{"%24defs": {"d0": {}}, "$defs": doubling()},
        ),
        "must lead to",
    ),
    "relative to another place": (
        form(
            HIDDEN | {"$id": "http://a.example/", "$defs": doubling()}, **{"$defs": {name: {} for name in doubling()}}
        ),
        "can only stand at the top",
    ),
    "dynamic": (
        form(
            {"oneOf": [{"const": "x", "allOf": [{"$dynamicRef": "#d"}]}]}, **{"$defs": {"d": {"$dynamicAnchor": "d"}}}
        ),
        "cannot be followed",
    ),
    "without an end": (form(HIDDEN, **{"$defs": {"d0": {"allOf": [{"$ref": "#/$defs/d0"}]}}}), "leads back"),
    "one after the other": (
        {"type": "object", "properties": {f"p{n}": {"$ref": "#/$defs/d0"} for n in range(50)}, "$defs": CHAIN},
        "leads to more than 100",
    ),
    "names that are patterns": (form(patternProperties={f"(\\w{{9}}){{3}}{n}": {} for n in range(2_000)}), "too many"),
}


@pytest.mark.parametrize(("schema", "words"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_at_once(schema: Any, words: str) -> None:
    began = time.perf_counter()

    with pytest.raises(Refused, match=words):
        typed_form.read(schema)

    assert time.perf_counter() - began < 0.3, "the process can do nothing else meanwhile"


def test_a_schema_as_large_as_allowed_is_shown_and_validated() -> None:
    levels = expansion.MAX_SCHEMAS.bit_length() - 4
    shown = typed_form.read(form(HIDDEN, **{"$defs": doubling(levels)}))

    assert shown.values(Submitted(selected={"v0": ["0"]})) == {"a": "x"}


def test_the_order_of_a_schema_that_is_not_checked_yet_takes_no_time() -> None:
    schema = {
        "properties": {f"a{n}": {"$ref": "#/d"} for n in range(3_000)},
        "d": {"properties": {f"b{n}": {} for n in range(3_000)}},
    }
    began = time.perf_counter()

    assert order.of(schema)[:2] == ["/a0/b0", "/a0/b1"]
    assert time.perf_counter() - began < 0.1


def test_patterns_together_are_bounded() -> None:
    """A text is checked in a time that grows with the compiled pattern: 0.3 s for one of the largest."""
    large = {"type": "string", "pattern": "[ab]*a[ab]{2000}c"}
    typed_form.read(form(large))

    with pytest.raises(Refused, match="bounded time"):
        typed_form.read(form(large, **{"$defs": {f"d{n}": {"pattern": "x"} for n in range(9)}}))


def test_fifty_usual_patterns_are_allowed() -> None:
    usual = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}

    assert len(typed_form.read({"type": "object", "properties": {f"p{n}": usual for n in range(50)}}).fields) == 50
