"""The JSON Schema of the arguments of an action that a form can show: texts, numbers, yes or no, and lists."""

import re
from decimal import Decimal
from typing import Any, Final

from bridge.card import texts
from bridge.forms.check import number
from bridge.forms.form import MAX_TEXT
from storage import json_text
from storage.model import Json

CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # which an input does not keep, also \r
_MAX_LINE: Final = 80  # units of a text that has an input of one line


def schema(arguments: Json) -> Json | None:
    """The schema, in the order in which a card shows the arguments; None if no argument can be shown.

    Everything else stays as it is: null, empty lists, lists of objects, objects in objects, texts with control
    characters, and what is too long.
    """
    return _object(arguments, is_root=True)


def _object(value: Json, *, is_root: bool) -> Json | None:
    shown: Json = {}
    for name in sorted(value):
        if (inner := _of(value[name], is_root=is_root)) is not None:
            shown[name] = inner
    if not shown:
        return None
    needed = [name for name in shown if value[name] != ""]
    return {"type": "object", "properties": shown, "required": needed}


def _of(value: Any, *, is_root: bool) -> Json | None:
    match value:
        case dict() if is_root:
            return _object(value, is_root=False)
        case list():
            return _list(value)
    return _one(value)


def _one(value: Any) -> Json | None:
    match value:
        case bool():
            return {"type": "boolean"}
        case int() | Decimal() if number(json_text.dumps(value)) is not None:
            return {"type": "integer" if isinstance(value, int) else "number"}
        case str() if texts.units(value) <= MAX_TEXT and not CONTROL.search(value) and (value == "" or value.strip()):
            is_long = "\n" in value or texts.units(value) > _MAX_LINE
            return {"type": "string"} | ({"maxLength": MAX_TEXT} if is_long else {})
    return None


def _list(items: list[Any]) -> Json | None:
    """The schema of a list that a person can write with one item on each line."""
    found = [_one(item) for item in items]
    if not found or None in found or len({str(one and one["type"]) for one in found}) > 1 or found[0] is None:
        return None
    as_lines = [item for item in items if not isinstance(item, str) or (item == item.strip() and "\n" not in item)]
    shown = "\n".join(item if isinstance(item, str) else json_text.dumps(item) for item in items)
    if len(as_lines) < len(items) or "" in items or texts.units(shown) > MAX_TEXT or isinstance(items[0], bool):
        return None
    return {"type": "array", "items": {"type": found[0]["type"]}}
