"""The forms of what people do to an incident with words: resolving it, changing its severity, adding an update."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from bridge.fields import is_blank
from bridge.forms.form import Accepted, Form, OptionsField, Submitted, TextField
from bridge.things.contract import Choosable
from bridge.things.incident.request import MAX_MESSAGE
from bridge.things.incident.row import Severity, Status
from storage.model import Json

SEVERITY: Final = "severity"
UPDATE: Final = "update"
MESSAGE: Final = "message"

_MESSAGE: Final = TextField(id=MESSAGE, label="Message", is_required=False, max_length=MAX_MESSAGE)
_SEVERITY: Final = OptionsField(
    id=SEVERITY,
    label="Severity",
    options={each.value: each.value.capitalize() for each in Severity},
    min_selected=1,
    max_selected=1,
    is_menu=True,
)
_FORMS: Final = MappingProxyType(
    {
        Status.RESOLVED.value: Form(title="Resolve", fields=[_MESSAGE], submit="Resolve"),
        SEVERITY: Form(title="Change severity", fields=[_SEVERITY, _MESSAGE], submit="Change"),
        UPDATE: Form(
            title="Add update",
            fields=[TextField(id=MESSAGE, label="Update", max_length=MAX_MESSAGE)],
            submit="Add",
        ),
    }
)


def form(move: str, _: Json, __: Sequence[Choosable]) -> Form:
    """The form of a move. Raises KeyError for a move without one."""
    return _FORMS[move]


def accept(_: str, submitted: Submitted) -> Accepted:
    """What a form within its limits gives."""
    message, severity = submitted.texts.get(MESSAGE, ""), submitted.selected.get(SEVERITY, [])
    given: Json = {} if is_blank(message) else {MESSAGE: message}
    return given | ({SEVERITY: severity[0]} if severity else {})
