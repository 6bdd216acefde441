"""Every element that a form can have: drawn within Slack's limits, read as Slack sends it, and checked again."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from bridge import ids
from bridge.forms import codec, view
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import Form, FormField, NumberField, OptionsField, PickerField, Submitted, TextField
from bridge.slack.forms import filled_form
from bridge.slack.payloads.incoming import Submission
from sandbox.slack import element_values
from sandbox.slack.validator import view as validator
from storage.model import Json
from tests import payloads
from tests.bridge.slack.parsing import parsed

COLOURS: Final = {"r": "Red", "g": "Green", "b": "Blue"}
MANY: Final = {str(number): f"Option {number}" for number in range(20)}
TARGET: Final = FormTarget(interaction=ids.new(), choice="fill")
FIELDS: Final[tuple[FormField, ...]] = (
    TextField(id="text", label="Text", initial="so far", hint="What to say"),
    TextField(id="mail", label="Email", format="email", initial="ana@example.com"),
    TextField(id="site", label="Site", format="url", initial="https://example.com/a"),
    NumberField(id="whole", label="Whole", is_whole=True, minimum=Decimal(1), maximum=Decimal(9), initial=Decimal(7)),
    NumberField(id="number", label="Number", minimum=Decimal("1e-7"), initial=Decimal("0.50"), hint="In percent"),
    PickerField(id="day", label="Day", picks="date", initial="2026-01-31"),
    PickerField(id="time", label="Time", picks="time", initial="09:30"),
    PickerField(id="moment", label="Moment", picks="datetime", initial="1769850600", hint="Not at night"),
    OptionsField(id="radio", label="Radio", options=COLOURS, min_selected=1, max_selected=1, is_radio=True,
                 initial=("g",), hint="Of the car"),
    OptionsField(id="menu", label="Menu", options=MANY, min_selected=1, max_selected=1, is_menu=True, initial=("19",)),
    OptionsField(id="boxes", label="Boxes", options=COLOURS, min_selected=0, max_selected=2, initial=("r", "b")),
    OptionsField(id="several", label="Several", options=MANY, min_selected=2, max_selected=3, initial=("3", "4")),
)  # fmt: skip
FORM: Final = Form(title="Everything", fields=FIELDS)
TEXTS: Final = {
    "text": "so far",
    "mail": "ana@example.com",
    "site": "https://example.com/a",
    "whole": "7",
    "number": "0.50",
    "day": "2026-01-31",
    "time": "09:30",
    "moment": "1769850600",
}
SELECTED: Final = {"radio": ["g"], "menu": ["19"], "boxes": ["r", "b"], "several": ["3", "4"]}


def drawn(form: Form) -> Json:
    return view.modal(form, question="What is it?", target=TARGET)


def sent(shown: Json) -> Submission:
    """The submission of a form in which the person changed nothing."""
    values = {
        block["block_id"]: {codec.INPUT: {"type": block["element"]["type"], **element_values.initial(block["element"])}}
        for block in shown["blocks"]
        if block["type"] == "input"
    }
    payload = payloads.load("view_submission")
    payload["view"] = payload["view"] | shown | {"state": {"values": values}}
    found = parsed(payloads.form(payload))
    assert isinstance(found, Submission), found
    return found


def without_initial(field: FormField) -> FormField:
    return type(field)(**{name: getattr(field, name) for name in field.__slots__ if name != "initial"})


def test_slack_accepts_every_element_and_shows_what_it_starts_with() -> None:
    shown = drawn(FORM)

    assert validator.problems(shown, kinds=("modal",)) == []
    submission = sent(shown)
    submitted = filled_form.entered(FORM, submission)
    assert submitted == Submitted(texts=TEXTS, selected=SELECTED)
    assert check(FORM, submitted) is None


def test_slack_accepts_every_element_without_a_beginning_and_sends_it_as_empty() -> None:
    form = Form(title="Everything", fields=[without_initial(field) for field in FIELDS])

    shown = drawn(form)

    assert validator.problems(shown, kinds=("modal",)) == []
    submitted = filled_form.entered(form, sent(shown))
    assert submitted == Submitted(texts=dict.fromkeys(TEXTS, ""), selected={name: [] for name in SELECTED})
    found = check(form, submitted)
    assert found is not None and found.messages.keys() == {*TEXTS, *SELECTED} - {"boxes"}


def test_what_was_given_is_shown_for_people() -> None:
    shown = dict(view.typed(FORM, Submitted(texts=TEXTS, selected=SELECTED)))

    assert shown["Moment"] == "2026-01-31 09:10 UTC"
    assert shown["Time"] == "09:30 UTC"
    assert (shown["Number"], shown["Radio"], shown["Several"]) == ("0.50", "Green", "Option 3, Option 4")


def test_hints_and_counts_stand_below_an_input() -> None:
    hints = {
        codec.field_of(block["block_id"]): block["hint"]["text"] for block in drawn(FORM)["blocks"] if "hint" in block
    }
    assert hints == {
        "text": "What to say",
        "number": "In percent",
        "moment": "Not at night",
        "radio": "Of the car",
        "boxes": "Select up to 2.",
        "several": "Select 2 to 3.",
    }


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("whole", "seven", "Please enter a number, such as 12."),
        ("whole", "7.5", "Please enter a whole number."),
        ("whole", "0", "Please enter a number of at least 1."),
        ("whole", "10", "Please enter a number of at most 9."),
        ("whole", "\u0667", "Please enter a number, such as 12."),
        ("number", "1" * 51, "Please enter a number, such as 12 or 0.5."),
        ("number", "1e999", "Please enter a number, such as 12 or 0.5."),
        ("number", "NaN", "Please enter a number, such as 12 or 0.5."),
        ("number", "0", "Please enter a number of at least 0.0000001."),
        ("day", "2026-02-30", "This is no date. Please select it again."),
        ("day", "20260131", "This is no date. Please select it again."),
        ("time", "24:00", "This is no time. Please select it again."),
        ("moment", "1", "This is no date and time. Please select it again."),
        ("day", "", "Please select a date."),
        ("number", " ", "Please enter a number."),
    ],
)
def test_what_slack_does_not_check_in_every_request_is_checked_here(field: str, text: str, words: str) -> None:
    submitted = Submitted(texts=TEXTS | {field: text}, selected=SELECTED)

    found = check(FORM, submitted)

    assert found is not None and found.messages == {field: words}


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "number_input", "value": 7},
        {"type": "datepicker", "selected_date": 20260131},
        {"type": "datepicker"},
        {"type": "timepicker", "selected_time": ["09:30"]},
        {"type": "datetimepicker", "selected_date_time": "1769850600"},
        {"type": "datetimepicker", "selected_date_time": True},
        {"type": "datetimepicker", "selected_date_time": -1},
        {"type": "datetimepicker", "selected_date_time": 10**10},
        {"type": "radio_buttons", "selected_option": "0"},
    ],
)
def test_a_value_that_the_element_cannot_hold_is_left_out_and_not_taken_as_empty(entry: Any) -> None:
    payload = payloads.load("view_submission")
    payload["view"] = payload["view"] | drawn(FORM) | {"state": {"values": {"f1_whole": {codec.INPUT: entry}}}}

    submission = parsed(payloads.form(payload))

    assert isinstance(submission, Submission)
    assert (submission.values.texts, submission.values.selected) == ({}, {})


def test_pages_have_the_same_length_and_at_most_twelve_fields() -> None:
    for count, lengths in {1: [1], 12: [12], 13: [7, 6], 30: [10, 10, 10], 50: [10, 10, 10, 10, 10]}.items():
        form = Form(title="Long", fields=[PickerField(id=f"f{n}", label="Day", picks="date") for n in range(count)])

        assert [len(page) for page in form.pages] == lengths
        assert [field for page in form.pages for field in page] == form.fields


def test_every_page_fits_into_a_view_with_whatever_is_entered() -> None:
    party = "\N{PARTY POPPER}"
    heavy = {str(n): f"{n}{party * 36}" for n in range(100)}
    fields: list[FormField] = []
    for n in range(8):
        hint, label = party * 225, party * 75
        fields += [
            OptionsField(id=f"o{n}", label=label, hint=hint, options=heavy, min_selected=0, max_selected=100,
                         initial=tuple(heavy)),
            TextField(id=f"t{n}", label=label, hint=hint, initial=party * 1_500),
        ]  # fmt: skip
    form = Form(title="Heavy", fields=fields)

    for page in range(len(form.pages)):
        shown = view.modal(form, question=party * 75, target=replace(TARGET, page=page, form=b"x" * 32))
        assert not validator.is_too_large(shown) and validator.problems(shown, kinds=("modal",)) == []
