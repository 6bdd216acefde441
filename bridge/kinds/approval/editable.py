"""The arguments of an action as a form: all that a form can show, or those that a schema of the agent names."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from bridge.kinds.approval import inferred
from bridge.schemas import order, typed_form
from bridge.schemas.refusal import Refused
from bridge.schemas.typed_form import INITIAL, SCHEMA, TypedForm
from storage.model import Json

ABSENT: Final = object()
"""Stands for a value that is not there."""

_NOTHING: Final = "must have arguments that a form can show: give a schema of them, or leave it out"


def typed(edit: Literal[True] | Json, arguments: Json) -> TypedForm:
    """The form, whose inputs start with the arguments; raises Refused with the place in the request."""
    if edit is True:
        if (schema := inferred.schema(arguments)) is None:
            raise Refused(("edit",), _NOTHING)
        names = None
    else:
        schema, names = edit[SCHEMA], edit.get("order")
    try:
        shape = typed_form.read(schema, order=names)
        order.check(names or (), shape.pointers)
        return typed_form.read(schema, _shown(arguments, shape.paths), order=names)
    except Refused as refused:
        raise Refused(_place(refused, is_inferred=edit is True), refused.words) from None


def value_at(arguments: Json, path: Sequence[str]) -> Any:
    """The value at a path of names; ABSENT if there is none."""
    found: Any = arguments
    for name in path:
        found = found.get(name, ABSENT) if isinstance(found, dict) else ABSENT
    return found


def _shown(arguments: Json, paths: Sequence[tuple[str, ...]]) -> Json:
    """The arguments that the form shows."""
    shown: Json = {}
    for path in paths:
        if len(path) > 1 and not isinstance(arguments.get(path[0], {}), dict | None):
            raise Refused((INITIAL, path[0]), "must be an object, as the schema says")
        if (value := value_at(arguments, path)) is not ABSENT:
            if any(isinstance(one, str) and inferred.CONTROL.search(one) for one in _items(value)):
                raise Refused((INITIAL, *path), "must not contain control characters, which an input does not keep")
            inner = shown if len(path) == 1 else shown.setdefault(path[0], {})
            inner[path[-1]] = value
    return shown


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _place(refused: Refused, *, is_inferred: bool) -> tuple[str | int, ...]:
    """The place in the request: of the schema in `edit`, of a value among the arguments."""
    match refused.at:
        case (first, *rest) if first == INITIAL:
            return ("action", "arguments", *rest)
        case (first, *rest) if first == "order":
            return ("edit", "order", *rest)
    return ("edit",) if is_inferred else ("edit", *refused.at)
