"""Check what a person gave in a form: the same limits that Slack's client checks, because a request can skip them."""

import re
from typing import assert_never

from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms.form import (
    MAX_THING_ID,
    FieldErrors,
    Form,
    FormField,
    OptionsField,
    Submitted,
    TextField,
    ThingField,
)

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
