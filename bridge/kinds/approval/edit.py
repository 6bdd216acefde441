"""Editing before approval: what a person changed in the form of the arguments, and what is approved then.

What the form does not show stays as it was asked, whatever is submitted.
"""

from collections.abc import Sequence
from typing import Any, Final

from bridge.forms.form import Accepted, FieldErrors, FormField, NumberField, OptionsField, Submitted, ThingField
from bridge.kinds import contract
from bridge.kinds.approval.editable import ABSENT, value_at
from bridge.kinds.approval.request import Request
from bridge.question import MAX_ACTION, pretty
from bridge.schemas.order import pointer_of
from storage.model import Json

LABEL: Final = "Approve"
LABEL_OF_CHANGES: Final = "Approve with changes"
_TOO_LONG: Final = f"All arguments together must have at most {MAX_ACTION:,} bytes as JSON. Please shorten them."


def given(request: Request, submitted: Submitted) -> Accepted:
    """The arguments that are approved, what of them was changed, and the digest of all that is approved."""
    typed = request.typed
    if typed is None or request.action is None:
        raise KeyError("edit")
    values = typed.values(submitted)
    if isinstance(values, FieldErrors):
        return values
    asked = request.action.arguments
    touched = [
        path
        for field, path in zip(typed.fields, typed.paths, strict=True)
        if not _is_untouched(field, submitted) or value_at(asked, path) is ABSENT
    ]
    approved, changes = merged(asked, values, touched)
    if len(pretty({"name": request.action.name, "arguments": approved}).encode()) > MAX_ACTION:
        return FieldErrors(messages={typed.fields[0].id: _TOO_LONG})
    action = request.action.model_copy(update={"arguments": approved})
    return {
        "label": LABEL_OF_CHANGES if changes else LABEL,
        "arguments": approved,
        "changes": changes,
        "edited": bool(changes),
        "digest": contract.digest(Request, request.model_copy(update={"action": action})),
    }


def merged(asked: Json, values: Json, paths: Sequence[tuple[str, ...]]) -> tuple[Json, list[Json]]:
    """The arguments with the values at these paths in place of those that were asked, and each change.

    A change has the JSON pointer and the values before and after it: no `from` for an argument that was not there, no
    `to` for one that is left out now. A number that was not changed keeps all its digits.
    """
    approved = {name: dict(value) if isinstance(value, dict) else value for name, value in asked.items()}
    changes = []
    for path in paths:
        before, after = value_at(asked, path), value_at(values, path)
        if _is_same(before, after) or (after is ABSENT and before in (None, "", [])):
            continue
        _put(approved, path, after)
        change: Json = {"pointer": pointer_of(path), "from": before, "to": after}
        changes.append({name: value for name, value in change.items() if value is not ABSENT})
    return approved, changes


def _put(arguments: Json, path: tuple[str, ...], value: Any) -> None:
    """Set the value at a path of one name or two, or remove it."""
    if len(path) > 1 and not isinstance(arguments.get(path[0]), dict):
        if value is ABSENT:
            return
        arguments[path[0]] = {}
    inner = arguments if len(path) == 1 else arguments[path[0]]
    if value is ABSENT:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = value


def _is_untouched(field: FormField, submitted: Submitted) -> bool:
    """Whether the input still has what it started with, or was not sent: then the person has not changed it."""
    if field.id not in submitted.texts and field.id not in submitted.selected:
        return True
    match field:
        case OptionsField():
            return set(submitted.selected.get(field.id, ())) == set(field.initial)
        case ThingField():
            return False
        case NumberField(initial=number) if number is not None:
            return submitted.texts.get(field.id) == f"{number:f}"
    return submitted.texts.get(field.id, "") == (field.initial or "")


def _is_same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON: 1.0 is 1, and true is not."""
    match one, other:
        case list(), list():
            return len(one) == len(other) and all(map(_is_same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(_is_same(one[name], other[name]) for name in one)
    return isinstance(one, bool) == isinstance(other, bool) and one == other
