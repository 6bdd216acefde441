"""The forms of what a person says about a work item with words: what came of it, or what blocks it."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from bridge.fields import is_blank
from bridge.forms.form import MAX_TEXT, Accepted, Form, Submitted, TextField
from bridge.things.contract import Choosable
from bridge.things.work.names import Choice
from bridge.things.work.request import MAX_REASON, MAX_RESULT
from storage.model import Json

RESULT: Final = "result"
REASON: Final = "reason"

_FORMS: Final = MappingProxyType(
    {
        Choice.DONE: Form(
            title="Done",
            fields=[
                TextField(id=RESULT, label="What came of it?", is_required=False, max_length=min(MAX_RESULT, MAX_TEXT))
            ],
            submit="Done",
        ),
        Choice.BLOCKED: Form(
            title="Blocked",
            fields=[TextField(id=REASON, label="What blocks it?", max_length=MAX_REASON)],
            submit="Blocked",
        ),
    }
)


def form(move: str, _: Json, __: Sequence[Choosable]) -> Form:
    """The form of a move. Raises KeyError for a move without one."""
    return _FORMS[Choice(move)]


def accept(move: str, submitted: Submitted) -> Accepted:
    """What a form within its limits gives. Raises KeyError for a move without one."""
    field = {Choice.DONE: RESULT, Choice.BLOCKED: REASON}[Choice(move)]
    words = submitted.texts.get(field, "")
    return {} if is_blank(words) else {field: words}
