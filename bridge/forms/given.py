"""Forms whose inputs start with what a person entered before, and what was entered as JSON that can be kept. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, assert_never

from bridge.card import texts
from bridge.forms.check import is_moment, number
from bridge.forms.form import (
    MAX_TEXT,
    Form,
    FormField,
    NumberField,
    OptionsField,
    PickerField,
    Submitted,
    TextField,
    ThingField,
)
from storage.model import Json

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL stores neither


def starting_with(form: Form, submitted: Submitted) -> Form:
    """The form with these values in its inputs; an input for which nothing was submitted starts as it is asked."""
    return replace(form, fields=[_starting(field, submitted) for field in form.fields])


def kept(submitted: Submitted) -> Json:
    """What was entered, as JSON. What no input can contain is left out whole: a part of it is not what was entered."""
    written = {field: text for field, text in submitted.texts.items() if _is_storable(text)}
    chosen = {field: list(ids) for field, ids in submitted.selected.items() if all(map(_is_storable, ids))}
    return {"texts": written, "selected": chosen}


def _is_storable(text: str) -> bool:
    return texts.units(text) <= MAX_TEXT and not _UNSTORABLE.search(text)


def storable(submitted: Submitted) -> Submitted:
    """What `read` gives again of what `kept` writes."""
    return read(kept(submitted))


def read(entered: Mapping[str, Any]) -> Submitted:
    """What `kept` wrote."""
    return Submitted(texts=dict(entered["texts"]), selected={id: [*ids] for id, ids in entered["selected"].items()})


def _starting(field: FormField, submitted: Submitted) -> FormField:
    match field:
        case OptionsField():
            if field.id not in submitted.selected:
                return field
            return replace(field, initial=[id for id in submitted.selected[field.id] if id in field.options])
        case ThingField():
            return field
    if (text := submitted.texts.get(field.id)) is None:
        return field
    match field:
        case TextField():
            return replace(field, initial=texts.head(text, field.max_length) or None)
        case NumberField():
            return replace(field, initial=number(text))
        case PickerField():
            return replace(field, initial=text if is_moment(field, text) else None)
        case _:
            assert_never(field)
