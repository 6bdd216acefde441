"""A schema as a form: the fields that a person fills in, and the JSON that comes of it, valid against the schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bridge.forms.form import FieldErrors, FormField, Submitted
from bridge.schemas import bounds, leaves, messages, properties, values
from bridge.schemas.leaves import Shown
from bridge.schemas.order import pointer_of
from bridge.schemas.properties import Properties, Property
from bridge.schemas.refusal import Place, Refused
from bridge.schemas.validator import Validator
from bridge.schemas.values import ABSENT
from storage import json_text
from storage.model import Json

SCHEMA: Final = "schema"
INITIAL: Final = "initial"
_MAX_REMEMBERED: Final = 64
_TIMES: Final = ("time", "date-time")  # of which a default may lack the zone, as that of a pydantic model may


@dataclass(frozen=True, slots=True)
class TypedForm:
    """The form of one schema. The place of a refusal begins with SCHEMA or INITIAL."""

    fields: tuple[FormField, ...]  # in the order of the schema
    _properties: Properties
    _validator: Validator

    @property
    def pointers(self) -> list[str]:
        """The JSON pointers of the values, in the order of the fields."""
        return [pointer_of(path) for path in self.paths]

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The names that lead to each value, one or two, in the order of the fields."""
        return [asked.path for asked in self._properties.all]

    def values(self, submitted: Submitted) -> Json | FieldErrors:
        """The values that a person gave, or what to correct; `submitted` keeps to the limits of the fields."""
        made = _made(self._properties, submitted)
        found: dict[str, str] = {}
        for error in self._validator.errors(made):
            for at, sentence in messages.read(error):
                found.setdefault(self._field_at(at), sentence)
        return FieldErrors(messages=found) if found else made

    def lines(self, given: Json) -> list[tuple[str, str]]:
        """Given values as pairs of a label and a text, for people; without those that are null or missing."""
        pairs = []
        for asked in self._properties.all:
            value = _at(given, asked.path)
            if value is not None and value != []:
                pairs.append((asked.label, _text(asked, value)))
        return pairs

    def _field_at(self, at: Place) -> str:
        """The field of the value at this place, or the first one in it."""
        paths = [asked.path for asked in self._properties.all]
        for index, path in enumerate(paths):
            if at[: len(path)] == path:
                return self.fields[index].id
        return next(
            (self.fields[index].id for index, path in enumerate(paths) if path[: len(at)] == at), self.fields[0].id
        )


def read(schema: Json, initial: Json | None = None, *, order: Sequence[str] | None = None) -> TypedForm:
    """The form of a schema whose inputs start with `initial`, or with the defaults of the schema; raises Refused.

    `order` has JSON pointers of values; those that it does not name follow in the order of the schema. Reading the same
    schema again costs little.
    """
    return _read(json_text.dumps(schema), json_text.dumps(initial or {}), tuple(order or ()))


@lru_cache(maxsize=_MAX_REMEMBERED)
def _read(schema_text: str, initial_text: str, order: tuple[str, ...]) -> TypedForm:
    schema, initial = json_text.loads(schema_text), json_text.loads(initial_text)
    try:
        patterns = bounds.check(schema)
        validator = Validator(schema, patterns=patterns)
        found = _ordered(properties.read(schema), order)
        starts = _defaults(found, validator)
    except Refused as refused:
        raise Refused((SCHEMA, *refused.at), refused.words) from None
    starts |= _initial(found, initial, validator)
    return TypedForm(tuple(_field(found, index, starts) for index in range(len(found.all))), found, validator)


def _ordered(found: Properties, order: tuple[str, ...]) -> Properties:
    """The properties in this order; one that is not named follows those that are."""
    positions = {pointer: position for position, pointer in enumerate(order)}

    def position(asked: Property) -> int:
        return positions.get(pointer_of(asked.path), len(order))

    return Properties(all=tuple(sorted(found.all, key=position)), groups=found.groups)


def _id(index: int) -> str:
    return f"v{index}"


def _field(found: Properties, index: int, starts: Mapping[int, str | list[str] | None]) -> FormField:
    asked = found.all[index]
    group = found.groups.get(asked.path[0]) if len(asked.path) > 1 else None
    return leaves.form_field(
        asked.leaf,
        Shown(
            id=_id(index),
            label=asked.label,
            hint=asked.hint,
            is_required=asked.is_needed and (group is None or group.is_needed),
            initial=starts.get(index),
            list_schema=asked.node.schema,
        ),
    )


def _made(found: Properties, submitted: Submitted) -> Json:
    """The JSON of what was submitted. An object in which nothing was given is left out, or null, or empty."""
    made: Json = {}
    inner: dict[str, Json] = {name: {} for name in found.groups}
    given = set[str]()
    for index, asked in enumerate(found.all):
        value = values.entered(asked, _id(index), submitted)
        if value is ABSENT:
            continue
        if len(asked.path) == 1:
            made[asked.path[0]] = value
        else:
            inner[asked.path[0]][asked.path[1]] = value
            if value is not None and value != []:
                given.add(asked.path[0])
    for name, group in found.groups.items():
        if name in given or group.is_needed:
            made[name] = inner[name]
        elif group.node.is_nullable:
            made[name] = None
    return made


def _defaults(found: Properties, validator: Validator) -> dict[int, str | list[str] | None]:
    """What the inputs start with by the defaults of the schema; raises Refused."""
    starts = {}
    for index, asked in enumerate(found.all):
        group = found.groups.get(asked.path[0]) if len(asked.path) > 1 else None
        # Of an object that may be left out, the defaults would be values that the person did not give.
        is_shown = group is None or group.is_needed
        value, at = asked.node.schema.get("default") if is_shown else None, asked.default_at
        if group is not None and isinstance(whole := group.node.schema.get("default"), dict) and asked.path[1] in whole:
            value, at = whole[asked.path[1]], (*group.node.used_at, "default", asked.path[1])
        if value is not None:
            starts[index] = _start(found, index, value, at, validator)
    return starts


def _initial(found: Properties, initial: Json, validator: Validator) -> dict[int, str | list[str] | None]:
    """What the inputs start with by the values of the request; raises Refused."""
    starts: dict[int, str | list[str] | None] = {}
    indexes = {asked.path: index for index, asked in enumerate(found.all)}
    for name, value in initial.items():
        inner: dict[tuple[str, ...], Any] = {(name,): value} if name not in found.groups else {}
        if name in found.groups:
            if not isinstance(value, dict):
                raise Refused((INITIAL, name), "must be an object")
            inner = {(name, deeper): one for deeper, one in value.items()}
        for path, one in inner.items():
            if (index := indexes.get(path)) is None:
                raise Refused((INITIAL, *path), "is not a property of the schema")
            starts[index] = _start(found, index, one, (INITIAL, *path), validator)
    return starts


def _start(found: Properties, index: int, value: Any, at: Place, validator: Validator) -> str | list[str] | None:
    """What an input starts with, which must be what the schema allows."""
    asked: Property = found.all[index]
    start = values.initial(asked, value, at)
    document = value
    for name in reversed(asked.path):
        document = {name: document}
    for error in validator.errors(document):
        is_time = error.kind.name == "format" and error.kind.value in _TIMES
        for place, sentence in messages.read(error):
            if not is_time and place[: len(asked.path)] == asked.path and _at(document, asked.path) is not None:
                raise Refused(at, f"is not allowed by the schema ({sentence.rstrip('.')})")
    return start


def _at(document: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of names; None if there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _text(asked: Property, value: Any) -> str:
    """A value for people: the label of an option, or the text that was entered."""
    if isinstance(value, list):
        return ", ".join(_text(asked, one) for one in value)
    if asked.leaf.options is not None and (index := asked.leaf.options.index(value)) is not None:
        return asked.leaf.options.labels[index]
    return value if isinstance(value, str) else json_text.dumps(value)
