"""Check what a person gave in a form: the same limits that Slack's client checks, because a request can skip them."""

import re
from datetime import date
from decimal import Decimal
from typing import Final, assert_never

from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms.form import (
    MAX_NUMBER,
    MAX_THING_ID,
    FieldErrors,
    Form,
    FormField,
    NumberField,
    OptionsField,
    PickerField,
    Submitted,
    TextField,
    ThingField,
)

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_SECONDS: Final = re.compile(r"[1-9]\d{9}", re.ASCII)  # Slack's picker has moments from 2001 to 2286
_PICKED: Final = {"date": "date", "time": "time", "datetime": "date and time"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither


def check(form: Form, submitted: Submitted) -> FieldErrors | None:
    """The mistakes that a person can correct, by field; None if everything is as the form asks."""
    messages = {}
    for field in form.fields:
        if problem := _problem(field, submitted):
            messages[field.id] = problem
    return FieldErrors(messages=messages) if messages else None


def _problem(field: FormField, submitted: Submitted) -> str | None:
    match field:
        case TextField():
            return _text(field, submitted.texts.get(field.id, ""))
        case NumberField():
            return _number(field, submitted.texts.get(field.id, ""))
        case PickerField():
            return _picked(field, submitted.texts.get(field.id, ""))
        case OptionsField():
            return _options(field, submitted.selected.get(field.id, []))
        case ThingField():
            return _thing(submitted.selected.get(field.id, []))
        case _:
            assert_never(field)


def _text(field: TextField, text: str) -> str | None:
    if is_blank(text):
        return "Please enter some text." if field.is_required else None
    if _UNSTORABLE.search(text):
        return "This text contains a character that cannot be stored. Please remove it."
    size = texts.units(text)
    if size > field.max_length:
        return f"This text has {size:,} characters. Please shorten it to {field.max_length:,}."
    if size < field.min_length:
        return f"This text has {size:,} of at least {field.min_length:,} characters. Please write a little more."
    return None


def number(text: str) -> Decimal | None:
    """The number that a person wrote, with all its digits; None for a text that is none, or too long as digits."""
    written = text.strip()
    if len(written) > MAX_NUMBER or not _NUMBER.fullmatch(written):
        return None
    found = Decimal(written)
    return found if len(f"{found:f}") <= MAX_NUMBER else None  # which is how an input shows it again


def _number(field: NumberField, text: str) -> str | None:
    if is_blank(text):
        return "Please enter a number." if field.is_required else None
    entered = number(text)
    if entered is None:
        return f"Please enter a number, such as 12{'' if field.is_whole else ' or 0.5'}."
    if field.is_whole and entered != entered.to_integral_value():
        return "Please enter a whole number."
    if field.minimum is not None and entered < field.minimum:
        return f"Please enter a number of at least {field.minimum:f}."
    if field.maximum is not None and entered > field.maximum:
        return f"Please enter a number of at most {field.maximum:f}."
    return None


def _picked(field: PickerField, text: str) -> str | None:
    if not text:
        return f"Please select a {_PICKED[field.picks]}." if field.is_required else None
    return None if is_moment(field, text) else f"This is no {_PICKED[field.picks]}. Please select it again."


def is_moment(field: PickerField, text: str) -> bool:
    """Whether this is what the picker selects: a day, a time or a moment."""
    match field.picks:
        case "date":
            return _is_day(text)
        case "time":
            return _TIME.fullmatch(text) is not None
        case "datetime":
            return _SECONDS.fullmatch(text) is not None
        case _:
            assert_never(field.picks)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _options(field: OptionsField, selected: list[str]) -> str | None:
    if len(set(selected)) != len(selected) or any(id not in field.options for id in selected):
        return "This selection contains an option that was not offered. Please select again."
    if len(selected) < field.min_selected:
        return f"Please select at least {_options_text(field.min_selected)}."
    if len(selected) > field.max_selected:
        return f"Please select at most {_options_text(field.max_selected)}."
    return None


def _thing(selected: list[str]) -> str | None:
    """The list may have changed since the form was opened, so a thing that it does not offer may be selected."""
    if len(selected) > 1 or any(len(id) > MAX_THING_ID or _UNSTORABLE.search(id) for id in selected):
        return "This selection contains an item that was not offered. Please select again."
    return None


def _options_text(count: int) -> str:
    return f"{count} option{'' if count == 1 else 's'}"
