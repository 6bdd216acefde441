import pytest

from bridge.forms.check import check
from bridge.forms.form import FieldErrors, Form, OptionsField, Submitted, TextField

WHY = TextField(id="why", label="Why?", min_length=3, max_length=10)
PEOPLE = OptionsField(
    id="people",
    label="Who?",
    options={"a": "Ana", "b": "Bob", "c": "Cleo"},
    min_selected=1,
    max_selected=2,
)


def mistakes(text: str = "because", selected: tuple[str, ...] = ("a",)) -> dict[str, str]:
    found = check(
        Form(title="Deny", fields=[WHY, PEOPLE]), Submitted(texts={"why": text}, selected={"people": list(selected)})
    )
    return found.messages if found else {}


def test_what_the_form_asks_for_has_no_mistakes() -> None:
    assert mistakes() == {}
    assert mistakes("\U0001f389" * 5, ("a", "c")) == {}, "an emoji counts as two, as in Slack"


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u00ad", "\u3164"])
def test_a_required_text_must_be_visible(text: str) -> None:
    assert mistakes(text) == {"why": "Please enter some text."}


def test_a_text_has_its_limits() -> None:
    assert mistakes("no") == {"why": "This text has 2 of at least 3 characters. Please write a little more."}
    assert mistakes("x" * 11) == {"why": "This text has 11 characters. Please shorten it to 10."}
    assert mistakes("\U0001f389" * 6) == {"why": "This text has 12 characters. Please shorten it to 10."}


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
def test_a_text_that_cannot_be_stored_is_a_mistake(character: str) -> None:
    assert mistakes(f"abc{character}") == {
        "why": "This text contains a character that cannot be stored. Please remove it."
    }


def test_a_selection_has_its_limits() -> None:
    assert mistakes(selected=()) == {"people": "Please select at least 1 option."}
    assert mistakes(selected=("a", "b", "c")) == {"people": "Please select at most 2 options."}
    for foreign in (("a", "a"), ("d",), ("a", "")):
        assert "not offered" in mistakes(selected=foreign)["people"]


def test_an_optional_text_may_be_left_out_but_not_be_too_long() -> None:
    form = Form(title="Note", fields=[TextField(id="note", label="Note", is_required=False, max_length=3)])

    assert check(form, Submitted()) is None
    assert check(form, Submitted(texts={"note": " "})) is None
    assert isinstance(check(form, Submitted(texts={"note": "four"})), FieldErrors)


def test_every_mistake_is_named_at_once() -> None:
    assert mistakes("", ()).keys() == {"why", "people"}
