"""What a person may enter in the fields of a typed form."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from bridge.forms.check import check
from bridge.forms.form import (
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
from bridge.schemas.typed_form import TypedForm
from storage.model import Json
from tests.bridge import submissions


def filled(fields: Sequence[FormField], entered: Mapping[str, str | list[str]] | None = None) -> Submitted:
    """A submission with something in every field: what is entered by its label, else what it starts with, else a value.

    Options are entered by their labels.
    """
    texts, selected = dict[str, str](), dict[str, list[str]]()
    for field in fields:
        value = (entered or {}).get(field.label)
        match field:
            case OptionsField():
                wanted = value if value is not None else [field.options[id] for id in field.initial]
                least = max(field.min_selected, 1 if value is None else 0)
                chosen = [id for id, label in field.options.items() if label in wanted]
                selected[field.id] = chosen or list(field.options)[:least]
            case TextField() | NumberField() | PickerField():
                start = "" if field.initial is None else str(field.initial)
                texts[field.id] = value if isinstance(value, str) else start or submissions.entered_in(field, "Words")
            case ThingField():
                raise AssertionError(field)
            case _:
                assert_never(field)
    return Submitted(texts=texts, selected=selected)


def given(form: TypedForm, submitted: Submitted) -> Json:
    """The values of a submission that must be accepted."""
    assert check(Form(title="Form", fields=form.fields), submitted) is None
    values = form.values(submitted)
    assert not isinstance(values, FieldErrors), values
    return values
