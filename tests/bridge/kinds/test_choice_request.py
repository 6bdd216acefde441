from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.card.frame import CardView
from bridge.kinds.choice import KIND
from bridge.kinds.choice.request import Request
from storage.model import Json
from tests.bridge import limits
from tests.bridge.interactions import interaction


def asked(*options: Json, **fields: Any) -> Json:
    return {"kind": "choice", "title": "Where to?", "options": [*options]} | fields


def option(n: int, **fields: Any) -> Json:
    return {"id": f"o{n}", "label": f"Option {n}"} | fields


def some(count: int, **fields: Any) -> Json:
    return asked(*(option(n) for n in range(count)), **fields)


def refusals(request: Json) -> list[tuple[Any, str]]:
    with pytest.raises(ValidationError) as refused:
        Request.model_validate(request)
    return [(error["loc"], error["msg"]) for error in refused.value.errors()]


@pytest.mark.parametrize(
    "id", ["", "x" * 101, "a b", "é", "a\n", "a\x00", "a|b", "<a>", "a&b", '"', "a,b", "\u202e", 5]
)
def test_an_id_has_safe_characters_and_a_safe_length(id: object) -> None:
    assert [place for place, _ in refusals(asked(option(1), {"id": id, "label": "b"}))] == [("options", 1, "id")]


@pytest.mark.parametrize(
    "label",
    ["", " ", "\u3164", "\ufe0f", "\u200b\u2800", "two\nlines", "tab\t", "nul\x00", "x" * 76, "😀" * 38, 5, None],
)
def test_a_label_is_one_line_that_can_be_seen_and_fits_on_a_button(label: object) -> None:
    assert [place for place, _ in refusals(asked(option(1), {"id": "b", "label": label}))] == [("options", 1, "label")]


@pytest.mark.parametrize(
    ("field", "value"),
    [("confirm", ""), ("confirm", "\u200b"), ("confirm", "x" * 301), ("confirm", "😀" * 151), ("confirm", "\x07"),
     ("confirm", True), ("style", "default"), ("style", ""), ("colour", "red")],
)  # fmt: skip
def test_the_rest_of_an_option_is_what_slack_takes(field: str, value: object) -> None:
    assert [place[2] for place, _ in refusals(asked(option(1), option(2) | {field: value}))] == [field]


@pytest.mark.parametrize("count", [0, 1, 101])
def test_a_choice_is_between_2_and_100(count: int) -> None:
    assert [place for place, _ in refusals(some(count))] == [("options",)]


def test_no_two_options_have_the_same_id() -> None:
    request = asked(option(0), option(1), option(2) | {"id": "o0"})

    assert refusals(request) == [
        (("options",), "must have different ids; those of options 0 and 2, counted from 0, are the same")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes", "Yes"),
        ("Yes", " Yes "),
        ("Roll back", "Roll  back"),
        ("Roll back", "Roll\u00a0back"),
        ("Yes", "Y\u200bes"),
        ("Yes", "Yes\u202e"),
        ("Yes", "Yes\ufe0f"),
        ("Yes", "Yes\u3164"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_labels_that_people_cannot_tell_apart_are_refused(one: str, other: str) -> None:
    assert refusals(asked(option(1, label=one), option(2, label=other))) == [
        (("options",), "must have different labels; those of options 0 and 1, counted from 0, look the same")
    ]


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Delete", "D\u0435lete", 'look alike: "Delete" and "D\\u0435lete"'),
        ("Plan I", "Plan l", 'look alike: "Plan I" and "Plan l"'),
        ("A" + "\u0336" * 9, "A" + "\u0336" * 8 + "\u0335", "look alike:"),
    ],
)
def test_labels_that_look_alike_are_refused_by_name(one: str, other: str, shown: str) -> None:
    [(place, words)] = refusals(asked(option(0), option(1, label=one), option(2, label=other)))

    assert place == ("options",)
    assert words.startswith(
        "must have labels that look different; those of options 1 and 2, counted from 0, look alike"
    )
    assert shown in words


def test_labels_that_only_a_table_of_characters_takes_for_one_another_are_not_refused() -> None:
    Request.model_validate(asked(*(option(n, label=label) for n, label in enumerate(("modern", "modem", "B0", "BO")))))


def test_labels_that_an_earlier_release_accepted_are_still_drawn() -> None:
    options = [option(1, label="Delete"), option(2, label="D\u0435lete")]
    earlier = replace(interaction(some(2)), request=asked(*options))

    assert list(limits.pressed(KIND.draw(CardView(earlier, version=1))).values()) == ["Delete", "D\u0435lete"]
