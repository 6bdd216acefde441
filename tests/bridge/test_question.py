import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from bridge import question
from bridge.card.frame import CardView
from bridge.kinds.approval import KIND
from bridge.kinds.approval.request import Request
from storage.model import Json
from tests.bridge import limits
from tests.bridge.interactions import interaction


def asked(**fields: Any) -> Json:
    return {"kind": "approval", "title": "Restart the queue?"} | fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 151),
        ("title", "two\nlines"),
        ("title", " \u200b\u202e"),
        ("title", "nul\x00"),
        ("title", "half \ud83d"),
        ("title", 5),
        ("titel", "misspelt"),
        ("kind", "choice"),
        ("body", "x" * 9_001),
        ("body", "bell\x07"),
        ("facts", [{"name": "n", "value": "v"}] * 11),
        ("facts", [{"name": "n" * 81, "value": "v"}]),
        ("facts", [{"name": "n", "value": "v" * 501}]),
        ("facts", [{"name": "n", "value": "v", "colour": "red"}]),
        ("action", {"name": "n" * 151}),
        ("action", {"name": "n", "arguments": []}),
        ("action", {"name": "n", "arguments": {"a": float("nan")}}),
        ("action", {"name": "n", "arguments": {"a": 10**5_000}}),
        ("action", {"name": "n", "arguments": {"a": "\x00"}}),
        ("action", {"name": "n", "arguments": {"\ud800": 1}}),
        ("agent", {"url": "javascript:alert(1)"}),
        ("agent", {"url": "https://example.com/" + "é" * 400}),
        ("on_behalf_of", {"user": "@bob"}),
    ],
)
def test_what_cannot_be_stored_or_shown_is_refused_by_its_name(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Request.model_validate(asked() | {field: value})

    assert all(error["loc"][0] == field for error in refused.value.errors())


@pytest.mark.parametrize(("depth", "wrong"), [(36, "nested"), (50_000, "at most 4096 bytes")])
def test_arguments_nested_too_deeply_are_refused_in_good_time(depth: int, wrong: str) -> None:
    deep: Json = {}
    for _ in range(depth):
        deep = {"a": deep}

    with pytest.raises(ValidationError, match=wrong):
        Request.model_validate(asked(action={"name": "n", "arguments": deep}))


def test_line_ends_of_windows_are_line_ends() -> None:
    assert Request.model_validate(asked(body="a\r\nb\rc")).body == "a\nb\nc"


def test_numbers_are_stored_as_a_database_gives_them_back() -> None:
    request = Request.model_validate(asked(action={"name": "n", "arguments": {"big": 1e22, "zero": -0.0}}))

    assert question.pretty(KIND.stored(request)["action"]["arguments"]) == json.dumps(
        {"big": 10**22, "zero": 0.0}, indent=2
    )


@pytest.mark.parametrize(
    "unseen", ["\u3164", "\u2800", "\u115f", "\u034f", "\ufe0f", "\ufff9", "\U0001d173", "\u200b \u3164"]
)
def test_a_title_that_cannot_be_seen_is_refused(unseen: str) -> None:
    with pytest.raises(ValidationError, match="a visible character"):
        Request.model_validate(asked(title=unseen))
    assert Request.model_validate(asked(title=f"{unseen}x")).title == f"{unseen}x"


def test_an_action_that_an_earlier_release_accepted_is_drawn_though_it_has_more_escapes_now() -> None:
    """Earlier releases left variation selectors as they are, and counted three bytes for each."""
    arguments = {"a": "\ufe0f" * 1_300}
    with pytest.raises(ValidationError, match="4096"):
        Request.model_validate(asked(action={"name": "n", "arguments": arguments}))

    earlier = replace(interaction(asked()), request=asked(action={"name": "n", "arguments": arguments}))
    for plain in (False, True):
        drawn = KIND.draw(CardView(earlier, version=1, plain=plain))
        limits.check(drawn, earlier)
        assert "more characters do not fit" in limits.words(drawn)
