"""The constants among which a value is chosen, with the labels that people see."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pydantic_core import PydanticCustomError

from bridge.card import blocks, labels, texts
from bridge.fields import is_blank
from bridge.forms.form import MAX_OPTIONS
from bridge.schemas.nodes import Node
from bridge.schemas.refusal import Place, Refused
from storage import json_text

_ALTERNATIVES: Final = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The values in the order of the schema, and a label of at most 75 characters for each."""

    values: tuple[Any, ...]
    labels: tuple[str, ...]

    def index(self, value: Any) -> int | None:
        """The position of a value; None if it is not among them."""
        return next((index for index, one in enumerate(self.values) if _is_same(one, value)), None)


def read(node: Node) -> Options | None:
    """The constants of a schema; None if it has other values. Raises Refused."""
    schema = node.schema
    for name in _ALTERNATIVES:
        if name in schema:
            pairs = [
                pair for index, part in enumerate(schema[name]) for pair in _constants(part, (*node.at, name, index))
            ]
            return _checked(pairs, (*node.at, name))
    if "const" in schema or "enum" in schema:
        name = "const" if "const" in schema else "enum"
        return _checked(_constants(schema, node.at, is_titled=False), (*node.at, name))
    if schema.get("type") == "boolean":
        return Options(values=(True, False), labels=("Yes", "No"))
    return None


def _constants(schema: dict[str, Any], at: Place, *, is_titled: bool = True) -> list[tuple[Any, str]]:
    """Each constant of one schema with its label; the title of a schema is the label of its only constant."""
    values = [schema["const"]] if "const" in schema else schema["enum"]
    title = schema.get("title") if is_titled and len(values) == 1 else None
    return [(value, title if isinstance(title, str) else _label(value, at)) for value in values if value is not None]


def _label(value: Any, at: Place) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case str():
            return value
        case int() | float() | Decimal():
            return json_text.dumps(value)
    raise Refused(
        at, "must have strings, numbers, true or false as values: a person cannot choose among lists or objects"
    )


def _checked(pairs: list[tuple[Any, str]], at: Place) -> Options:
    if not 0 < len(pairs) <= MAX_OPTIONS:
        raise Refused(at, f"must have 1 to {MAX_OPTIONS} values, because a menu of Slack has no more")
    shown = [" ".join(label.split()) for _, label in pairs]
    for index, label in enumerate(shown):
        if is_blank(label) or texts.units(label) > blocks.MAX_BUTTON:
            raise Refused(
                at,
                f"must have labels of 1 to {blocks.MAX_BUTTON} characters; that of value {index}, counted from 0, has "
                f'{texts.units(label)}: use "oneOf" with a "const" and a "title" for each',
            )
    try:
        labels.unique([*map(labels.visible_form, shown)], what="labels", of="values", how="look the same")
        labels.unlike(shown, what="labels", of="values")
    except PydanticCustomError as error:
        raise Refused(at, f'{error.message()}: use "oneOf" with a "const" and a "title" for each') from None
    return Options(values=tuple(value for value, _ in pairs), labels=tuple(shown))


def _is_same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other
