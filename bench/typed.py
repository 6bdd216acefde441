"""A question for 20 values by a JSON Schema, and the last page of its form as a person fills it in."""

from types import MappingProxyType
from typing import Any, Final

from bridge.forms import codec
from bridge.forms.form import Form, Submitted
from bridge.kinds.form import KIND
from bridge.kinds.form.choices import FILL
from storage.model import Json

_LAST: Final = 1  # counted from 0: two pages of ten inputs
_TEXT: Final = {"type": "string", "minLength": 2, "maxLength": 100, "pattern": "^[a-z]+(-[a-z]+)*$"}
_PROPERTIES: Final[tuple[tuple[str, Json, Json], ...]] = (  # with what an input of it contains
    ("name", _TEXT, {"type": "plain_text_input", "value": "payments-worker"}),
    ("replicas", {"type": "integer", "minimum": 1, "maximum": 64}, {"type": "number_input", "value": "12"}),
    (
        "region",
        {"enum": ["eu-central", "eu-west", "us-east"]},
        {"type": "radio_buttons", "selected_option": {"value": "1"}},
    ),
    ("from", {"type": "string", "format": "date"}, {"type": "datepicker", "selected_date": "2026-12-01"}),
    ("owner", {"type": "string", "format": "email"}, {"type": "email_text_input", "value": "ana@example.com"}),
)
_NAMES: Final = [f"{name}_{number}" for number in range(4) for name, _, _ in _PROPERTIES]
_OF: Final = {f"{name}_{number}": (schema, sent) for number in range(4) for name, schema, sent in _PROPERTIES}
TYPED: Final = MappingProxyType(
    {
        "kind": "form",
        "title": "Describe the four services",
        "schema": {
            "type": "object",
            "properties": {name: _OF[name][0] for name in _NAMES},
            "required": _NAMES,
            "additionalProperties": False,
        },
        "order": [f"/{name}" for name in _NAMES],
    }
)
FORM: Final[Form] = KIND.form(KIND.request.model_validate(dict(TYPED)), FILL)


def last_page() -> tuple[int, dict[str, Any]]:
    """The last page, counted from 0, and the `state.values` of its inputs."""
    names = dict(zip((field.id for field in FORM.fields), _NAMES, strict=True))
    fields = FORM.on_page(_LAST).fields
    return _LAST, {codec.block_id(field.id): {codec.INPUT: _OF[names[field.id]][1]} for field in fields}


def kept() -> Submitted:
    """What the person entered on the pages before it."""
    submitted = Submitted()
    for field, name in zip(FORM.fields, _NAMES, strict=True):
        sent = _OF[name][1]
        if field not in FORM.on_page(_LAST).fields:
            if "selected_option" in sent:
                submitted.selected[field.id] = [sent["selected_option"]["value"]]
            else:
                submitted.texts[field.id] = sent.get("value") or sent["selected_date"]
    return submitted
