"""The limits of inputs in which a person types, and of the file input."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.slack.model import Json
from sandbox.slack.validator import rich_text
from sandbox.slack.validator.composition import ACTION_ID, BLOCK_ID, plain
from sandbox.slack.validator.rules import Check, Flag, Integer, Items, Kinds, Object, Problem, Rule, String

_DISPATCH = Object(
    required={},
    optional={
        "trigger_actions_on": Items(
            of=String(max_length=20, one_of=("on_enter_pressed", "on_character_entered")), max_items=2
        )
    },
)
_ALL: dict[str, Rule] = {
    "action_id": ACTION_ID,
    "placeholder": plain(150),
    "dispatch_action_config": _DISPATCH,
    "focus_on_load": Flag(),
}
_TEXT = String(max_length=3000, min_length=0)
_LINES = Integer(minimum=1, maximum=100)


def number(text: Any) -> Decimal | None:
    """The number that a text is, as Slack has numbers; None for anything else."""
    try:
        value = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _in_order(low: str, high: str, *, lowest: int, highest: int) -> Check:
    """A check that the field `low` is not greater than the field `high`, each with its default."""

    def check(value: Json, pointer: str) -> Iterator[Problem]:
        least, most = value.get(low, lowest), value.get(high, highest)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield Problem(f"{pointer}/{low}", f"must not be greater than `{high}`")

    return check


def _numbers(value: Json, pointer: str) -> Iterator[Problem]:
    for name in ("min_value", "max_value", "initial_value"):
        if isinstance(value.get(name), str) and number(value[name]) is None:
            yield Problem(f"{pointer}/{name}", "must be a valid number")
    lowest, highest = number(value.get("min_value")), number(value.get("max_value"))
    if lowest is not None and highest is not None and lowest > highest:
        yield Problem(f"{pointer}/min_value", "must not be greater than `max_value`")


RICH_TEXT_INPUT = Object(
    required={},
    optional={
        **_ALL,
        "initial_value": Kinds(
            {"rich_text": Object(required={"elements": rich_text.PARTS}, optional={"block_id": BLOCK_ID})}
        ),
        "min_lines": _LINES,
        "max_lines": _LINES,
    },
    checks=(_in_order("min_lines", "max_lines", lowest=1, highest=100),),
)
TEXT_INPUTS = {
    "plain_text_input": Object(
        required={},
        optional={
            **_ALL,
            "initial_value": _TEXT,
            "multiline": Flag(),
            "min_length": Integer(minimum=0, maximum=3000),
            "max_length": Integer(minimum=1, maximum=3000),
        },
        checks=(_in_order("min_length", "max_length", lowest=0, highest=3000),),
    ),
    "email_text_input": Object(required={}, optional={**_ALL, "initial_value": _TEXT}),
    "url_text_input": Object(required={}, optional={**_ALL, "initial_value": _TEXT}),
    "number_input": Object(
        required={"is_decimal_allowed": Flag()},
        optional={
            **_ALL,
            **{name: String(max_length=255) for name in ("initial_value", "min_value", "max_value")},
        },
        checks=(_numbers,),
    ),
    "rich_text_input": RICH_TEXT_INPUT,
}
FILE_INPUT = Object(
    required={},
    optional={
        "action_id": ACTION_ID,
        "filetypes": Items(of=String(max_length=255)),
        "max_files": Integer(minimum=1, maximum=10),
    },
)
