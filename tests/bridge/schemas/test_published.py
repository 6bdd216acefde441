"""Schemas as they are published: shown, answered with exactly what was entered, and valid."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bridge.forms.form import FieldErrors
from bridge.schemas import typed_form
from storage import json_text
from tests.bridge.schemas.answering import filled, given
from tests.bridge.schemas.published import ADDRESS, PACKAGE, PUBLISHED

every = pytest.mark.parametrize(("schema", "entered", "expected"), PUBLISHED.values(), ids=PUBLISHED)


@every
def test_it_is_answered_with_what_was_entered(
    schema: dict[str, Any], entered: dict[str, str | list[str]], expected: dict[str, Any]
) -> None:
    form = typed_form.read(schema)

    values = given(form, filled(form.fields, entered))

    decoded = json.loads(json_text.dumps(values))
    assert decoded == expected
    jsonschema.validate(decoded, schema, jsonschema.Draft202012Validator)


def test_what_one_value_demands_of_another_is_told_under_the_other() -> None:
    form = typed_form.read(ADDRESS)
    entered = PUBLISHED["address"][1] | {"PostOfficeBox": "4711"}

    refused = form.values(filled(form.fields, entered))

    assert isinstance(refused, FieldErrors)
    assert refused.messages == {"v1": "Please fill this in too."}


@pytest.mark.parametrize(
    ("label", "text", "words"),
    [
        ("Name", "Left Pad", "This must match the pattern ^[a-z0-9][a-z0-9._-]*$"),
        ("Homepage", "example", "Please enter a complete URL, such as https://example.com."),
        ("Author: Email", "ana", "Please enter an email address."),
        ("Keywords", "a\na", "Please give each value only once."),
        ("Keywords", "a\nb\nc\nd\ne\nf", "Please give at most 5."),
    ],
)
def test_a_mistake_has_a_sentence(label: str, text: str, words: str) -> None:
    form = typed_form.read(PACKAGE)

    refused = form.values(filled(form.fields, PUBLISHED["package"][1] | {label: text}))

    assert isinstance(refused, FieldErrors)
    assert {field.label: refused.messages[field.id] for field in form.fields if field.id in refused.messages} == {
        label: words
    }
