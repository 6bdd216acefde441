"""Rules that describe Block Kit's limits, and the problems of a value that violates them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from sandbox.slack.model import Json


@dataclass(frozen=True)
class Problem:
    """One violation of a rule: Slack's message, and the RFC 6901 pointer to the value."""

    pointer: str
    message: str
    code: str = "failed_constraint"
    constraint: Json | None = None

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


@dataclass(frozen=True, kw_only=True)
class String:
    """A string with limits of length in Unicode code points; Slack does not document how it counts."""

    max_length: int
    min_length: int = 1
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, kw_only=True)
class Integer:
    minimum: int
    maximum: int


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list whose items follow one rule."""

    of: "Rule"
    min_items: int = 1
    max_items: int | None = None


Check: TypeAlias = Callable[[Json, str], Iterator[Problem]]


@dataclass(frozen=True, kw_only=True)
class Object:
    """A JSON object with these fields and no others; `checks` are rules about several fields together."""

    required: Mapping[str, "Rule"]
    optional: Mapping[str, "Rule"]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Kinds:
    """An object whose `type` selects the rules for its other fields."""

    by_type: Mapping[str, Object]


Rule: TypeAlias = String | Flag | Integer | Items | Object | Kinds


def broken(rule: Rule, value: Any, pointer: str) -> Iterator[Problem]:
    """Every violation of the rule by this value."""
    match rule:
        case String():
            yield from _string(rule, value, pointer)
        case Flag():
            if not isinstance(value, bool):
                yield Problem(pointer, "must provide a boolean", "invalid_type")
        case Integer():
            yield from _integer(rule, value, pointer)
        case Items():
            yield from _items(rule, value, pointer)
        case Object():
            yield from _object(rule, value, pointer, typed=False)
        case Kinds():
            yield from _kinds(rule, value, pointer)
        case _:
            assert_never(rule)


def _string(rule: String, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(pointer, "must provide a string", "invalid_type")
    elif rule.one_of and value not in rule.one_of:
        limit: Json = {"type": "enum", "expected": list(rule.one_of), "got": value}
        yield Problem(pointer, "must be a valid enum value", constraint=limit)
    elif len(value) > rule.max_length:
        limit = {"type": "max_length", "expected": rule.max_length, "got": len(value)}
        yield Problem(pointer, f"must be less than {rule.max_length + 1} characters", constraint=limit)
    elif len(value) < rule.min_length:
        limit = {"type": "min_length", "expected": rule.min_length, "got": len(value)}
        yield Problem(pointer, f"must be more than {rule.min_length - 1} characters", constraint=limit)


def _integer(rule: Integer, value: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem(pointer, "must provide an integer", "invalid_type")
    elif not rule.minimum <= value <= rule.maximum:
        limit = {"type": "range", "expected": [rule.minimum, rule.maximum], "got": value}
        yield Problem(pointer, f"must be between {rule.minimum} and {rule.maximum}", constraint=limit)


def _items(rule: Items, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(pointer, "must provide an array", "invalid_type")
        return
    if rule.max_items is not None and len(value) > rule.max_items:
        limit = {"type": "max_items", "expected": rule.max_items, "got": len(value)}
        yield Problem(pointer, f"no more than {rule.max_items} items allowed", constraint=limit)
    elif len(value) < rule.min_items:
        limit = {"type": "min_items", "expected": rule.min_items, "got": len(value)}
        yield Problem(pointer, f"no fewer than {rule.min_items} items allowed", constraint=limit)
    for index, item in enumerate(value):
        yield from broken(rule.of, item, f"{pointer}/{index}")


def _kinds(rule: Kinds, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(pointer, "must provide an object", "invalid_type")
    elif "type" not in value:
        yield Problem(pointer, "missing required field: type", "missing_field")
    elif not isinstance(value["type"], str) or value["type"] not in rule.by_type:
        limit = {"type": "enum", "expected": sorted(rule.by_type), "got": value["type"]}
        yield Problem(f"{pointer}/type", f"unsupported type: {value['type']}", "unsupported_type", limit)
    else:
        yield from _object(rule.by_type[value["type"]], value, pointer, typed=True)


def _object(rule: Object, value: Any, pointer: str, *, typed: bool) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(pointer, "must provide an object", "invalid_type")
        return
    for name in [name for name in rule.required if name not in value]:
        yield Problem(pointer, f"missing required field: {name}", "missing_field")
    for name, inner in value.items():
        known = rule.required.get(name) or rule.optional.get(name)
        if known is not None:
            yield from broken(known, inner, f"{pointer}/{_escaped(name)}")
        elif not (typed and name == "type"):
            yield Problem(pointer, f"invalid additional property: {name}", "unknown_field")
    for check in rule.checks:
        yield from check(value, pointer)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
