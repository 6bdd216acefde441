"""What a person may enter in the fields of a typed form."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
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

_PICKED = {"date": "2026-01-31", "time": "09:30", "datetime": "1769850600"}
_WRITTEN = {"email": "ana@example.com", "url": "https://example.com/a?b=c", None: "Words"}


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
                texts[field.id] = value if isinstance(value, str) else start or _entered(field)
            case ThingField():
                raise AssertionError(field)
            case _:
                assert_never(field)
    return Submitted(texts=texts, selected=selected)


def _entered(field: TextField | NumberField | PickerField) -> str:
    match field:
        case TextField():
            return _WRITTEN[field.format].ljust(field.min_length, ".")[: field.max_length]
        case NumberField():
            return str(field.minimum if field.minimum is not None else min(field.maximum or Decimal(7), Decimal(7)))
        case PickerField():
            return _PICKED[field.picks]


def given(form: TypedForm, submitted: Submitted) -> Json:
    """The values of a submission that must be accepted."""
    assert check(Form(title="Form", fields=form.fields), submitted) is None
    values = form.values(submitted)
    assert not isinstance(values, FieldErrors), values
    return values
