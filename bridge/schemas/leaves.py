"""The input of one value: which field shows it, and how the value is read from what a person entered.

A leaf never checks what the schema's own validation checks; it only says what a person can enter at all.
"""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from bridge.card import texts
from bridge.forms.form import (
    MAX_NUMBER,
    MAX_TEXT,
    FormField,
    NumberField,
    OptionsField,
    PickerField,
    TextField,
)
from bridge.schemas import options
from bridge.schemas.nodes import Node
from bridge.schemas.options import Options
from bridge.schemas.refusal import Refused
from storage.model import Json

MAX_RADIO_SHOWN: Final = 5
"""Options that are radio buttons; more are a menu."""

_MAX_LINE = 150  # characters; a text that may have more gets several lines
_FORMATS: Final[dict[str, Literal["email", "url"]]] = {"email": "email", "uri": "url"}
_PICKED: Final[dict[str, Literal["date", "time", "datetime"]]] = {
    "date": "date",
    "time": "time",
    "date-time": "datetime",
}
_HIDDEN: Final = "asks for a secret, which every reader of the answer sees: have it entered where it belongs"
_NO_TYPE: Final = 'has no type that a form can show: give it a "type" such as "string", or an "enum"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One input. `several`: the value is a list of what is selected, or of lines of a text."""

    sort: Literal["text", "whole", "number", "date", "time", "datetime", "options"]
    several: bool = False
    options: Options | None = None
    schema: Json = field(default_factory=dict)  # of the value, or of each item of the list


def read(node: Node, items: Node | None) -> Leaf:
    """The input for the schema of a value; `items` is the schema of its items if it is an array. Raises Refused."""
    if items is None:
        return _one(node)
    leaf = _one(items)
    if leaf.sort in _PICKED.values() and leaf.options is None:
        raise Refused((*items.at, "format"), "cannot be entered several times: ask for one, or for strings")
    return Leaf(sort=leaf.sort, several=True, options=leaf.options, schema=leaf.schema)


def _one(node: Node) -> Leaf:
    schema = node.schema
    if schema.get("writeOnly") is True or schema.get("format") == "password":
        raise Refused(node.at, _HIDDEN)
    if (found := options.read(node)) is not None:
        return Leaf(sort="options", options=found, schema=schema)
    match schema.get("type"):
        case "string":
            return Leaf(sort=_PICKED.get(str(schema.get("format")), "text"), schema=schema)
        case "integer":
            return Leaf(sort="whole", schema=schema)
        case "number":
            return Leaf(sort="number", schema=schema)
        case "array":
            raise Refused(node.at, "is a list in a list, which a form cannot show: ask for one list")
        case "object":
            raise Refused(node.at, "is an object too deep inside for a form: ask for its properties one level higher")
    raise Refused(node.at, _NO_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How one input is shown. `initial` is a text, or the ids of options; `list_schema` has the limits of a list."""

    id: str
    label: str
    hint: str | None
    is_required: bool
    initial: str | list[str] | None
    list_schema: Json

    @property
    def text(self) -> str | None:
        """The text that the input starts with."""
        return self.initial if isinstance(self.initial, str) else None


def form_field(leaf: Leaf, shown: Shown) -> FormField:
    """The field of a leaf."""
    if leaf.options is not None:
        return _options(leaf, leaf.options, shown)
    id, label, hint, is_required = shown.id, shown.label, shown.hint, shown.is_required
    if leaf.several:
        return TextField(id=id, label=label, hint=_lines_hint(hint), is_required=is_required, initial=shown.text)
    match leaf.sort:
        case "whole" | "number":
            is_whole = leaf.sort == "whole"
            return NumberField(
                id=id,
                label=label,
                hint=hint,
                is_required=is_required,
                is_whole=is_whole,
                minimum=_limit(leaf.schema, "minimum", "exclusiveMinimum", is_whole=is_whole, up=True),
                maximum=_limit(leaf.schema, "maximum", "exclusiveMaximum", is_whole=is_whole, up=False),
                initial=None if shown.text is None else Decimal(shown.text),
            )
        case "date" | "time" | "datetime":
            return PickerField(
                id=id, label=label, hint=hint, picks=leaf.sort, is_required=is_required, initial=shown.text
            )
    return _text(leaf.schema, shown)


def _text(schema: Json, shown: Shown) -> TextField:
    longest, shortest = schema.get("maxLength", MAX_TEXT), schema.get("minLength", 0)
    is_long = "maxLength" in schema and longest > _MAX_LINE
    examples = schema.get("examples")
    example = examples[0] if isinstance(examples, list) and examples and isinstance(examples[0], str) else None
    form = _FORMATS.get(str(schema.get("format")))
    return TextField(
        id=shown.id,
        label=shown.label,
        hint=shown.hint,
        is_required=shown.is_required,
        is_multiline=form is None and (is_long or "\n" in (shown.text or "")),
        min_length=min(int(shortest), int(longest), MAX_TEXT) if shown.is_required else 0,
        max_length=max(1, min(int(longest), MAX_TEXT)),
        placeholder=texts.cut(f"Such as {' '.join(example.split())}", _MAX_LINE) if example else None,
        initial=shown.text or None,
        format=form,
    )


def _options(leaf: Leaf, found: Options, shown: Shown) -> OptionsField:
    count = len(found.values)
    is_few = count <= MAX_RADIO_SHOWN and shown.is_required  # Slack's radio buttons cannot be cleared again
    least = max(int(shown.list_schema.get("minItems", 0)), 1) if leaf.several else 1
    return OptionsField(
        id=shown.id,
        label=shown.label,
        hint=shown.hint,
        options={str(index): label for index, label in enumerate(found.labels)},
        min_selected=least if shown.is_required else 0,
        max_selected=min(int(shown.list_schema.get("maxItems", count)), count) if leaf.several else 1,
        is_radio=not leaf.several and is_few,
        is_menu=not leaf.several and not is_few,
        initial=tuple(shown.initial) if isinstance(shown.initial, list) else (),
    )


def _lines_hint(hint: str | None) -> str:
    return f"{hint.rstrip('.')}. One on each line." if hint else "One on each line."


def _limit(schema: Json, name: str, exclusive: str, *, is_whole: bool, up: bool) -> Decimal | None:
    """A limit that Slack's input checks; None for one that only the validation of the schema can."""
    limits = [Decimal(str(schema[name]))] if name in schema else []
    if exclusive in schema:
        outside = Decimal(str(schema[exclusive]))
        is_integral = outside == outside.to_integral_value()
        limits.append(outside + (1 if up else -1) if is_whole and is_integral else outside)
    if not limits:
        return None
    limit = max(limits) if up else min(limits)
    if is_whole:
        limit = Decimal(math.ceil(limit) if up else math.floor(limit))
    return limit if len(f"{limit:f}") <= MAX_NUMBER else None
