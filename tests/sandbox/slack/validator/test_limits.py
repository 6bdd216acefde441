"""Every documented limit: a value at the limit is accepted, one more is refused with a pointer to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.slack.validator import message as validator
from sandbox.slack.validator import view
from tests.sandbox.slack.validator.examples import (
    actions,
    button,
    choices,
    confirm,
    mrkdwn,
    option,
    overflow,
    plain,
    section,
    select,
)

Make = Callable[[int], Any]


def image(**more: Any) -> list[Any]:
    return [{"type": "image", "image_url": "https://x", "alt_text": "x", **more}]


def groups(number: int) -> list[Any]:
    return [{"label": plain(f"g{n}"), "options": [option(n)]} for n in range(number)]


def grouped(option_groups: list[Any]) -> list[Any]:
    return actions({"type": "static_select", "action_id": "s", "option_groups": option_groups})


def entered(**more: Any) -> list[Any]:
    element = {"type": "plain_text_input", "action_id": "i", **more.pop("element", {})}
    return [{"type": "input", "label": plain("Why?"), "element": element, **more}]


def options(number: int) -> list[Any]:
    return [option(n) for n in range(number)]


@dataclass(frozen=True)
class Limit:
    """A limit, how to make blocks of that size, and the pointer of the refusal when the size is larger by one."""

    value: int
    make: Make
    pointer: str


IN_MESSAGES = {
    "blocks": Limit(50, lambda n: [{"type": "divider"}] * n, "/blocks"),
    "block_id": Limit(255, lambda n: [{"type": "divider", "block_id": "x" * n}], "/blocks/0/block_id"),
    "action_id": Limit(255, lambda n: actions(button(action_id="x" * n)), "/blocks/0/elements/0/action_id"),
    "section text": Limit(3000, lambda n: section(text=mrkdwn("x" * n)), "/blocks/0/text/text"),
    "section fields": Limit(10, lambda n: section(fields=[plain("x")] * n), "/blocks/0/fields"),
    "section field": Limit(2000, lambda n: section(fields=[plain("x" * n)]), "/blocks/0/fields/0/text"),
    "header": Limit(150, lambda n: [{"type": "header", "text": plain("x" * n)}], "/blocks/0/text/text"),
    "context elements": Limit(10, lambda n: [{"type": "context", "elements": [plain("x")] * n}], "/blocks/0/elements"),
    "actions elements": Limit(
        25, lambda n: actions(*(button(action_id=str(i)) for i in range(n))), "/blocks/0/elements"
    ),
    "image url": Limit(3000, lambda n: image(image_url="x" * n), "/blocks/0/image_url"),
    "image alt text": Limit(2000, lambda n: image(alt_text="x" * n), "/blocks/0/alt_text"),
    "image title": Limit(2000, lambda n: image(title=plain("x" * n)), "/blocks/0/title/text"),
    "input label": Limit(2000, lambda n: entered(label=plain("x" * n)), "/blocks/0/label/text"),
    "input hint": Limit(2000, lambda n: entered(hint=plain("x" * n)), "/blocks/0/hint/text"),
    "button text": Limit(75, lambda n: actions(button(text=plain("x" * n))), "/blocks/0/elements/0/text/text"),
    "button value": Limit(2000, lambda n: actions(button(value="x" * n)), "/blocks/0/elements/0/value"),
    "button url": Limit(3000, lambda n: actions(button(url="x" * n)), "/blocks/0/elements/0/url"),
    "button accessibility label": Limit(
        75, lambda n: actions(button(accessibility_label="x" * n)), "/blocks/0/elements/0/accessibility_label"
    ),
    "confirm title": Limit(100, lambda n: confirm(title=plain("x" * n)), "/blocks/0/elements/0/confirm/title/text"),
    "confirm text": Limit(300, lambda n: confirm(text=plain("x" * n)), "/blocks/0/elements/0/confirm/text/text"),
    "confirm confirm": Limit(
        30, lambda n: confirm(confirm=plain("x" * n)), "/blocks/0/elements/0/confirm/confirm/text"
    ),
    "confirm deny": Limit(30, lambda n: confirm(deny=plain("x" * n)), "/blocks/0/elements/0/confirm/deny/text"),
    "select options": Limit(100, lambda n: select(options=options(n)), "/blocks/0/elements/0/options"),
    "option groups": Limit(100, lambda n: grouped(groups(n)), "/blocks/0/elements/0/option_groups"),
    "group label": Limit(
        75,
        lambda n: grouped([{"label": plain("x" * n), "options": [option()]}]),
        "/blocks/0/elements/0/option_groups/0/label/text",
    ),
    "option text": Limit(
        75, lambda n: select(options=[option(text=plain("x" * n))]), "/blocks/0/elements/0/options/0/text/text"
    ),
    "option value": Limit(
        150, lambda n: select(options=[option(value="x" * n)]), "/blocks/0/elements/0/options/0/value"
    ),
    "option description": Limit(
        75,
        lambda n: select(options=[option(description=plain("x" * n))]),
        "/blocks/0/elements/0/options/0/description/text",
    ),
    "overflow option url": Limit(3000, lambda n: overflow(option(url="x" * n)), "/blocks/0/elements/0/options/0/url"),
    "placeholder": Limit(150, lambda n: select(placeholder=plain("x" * n)), "/blocks/0/elements/0/placeholder/text"),
    "overflow options": Limit(5, lambda n: overflow(*options(n)), "/blocks/0/elements/0/options"),
    "checkboxes options": Limit(10, lambda n: choices("checkboxes", *options(n)), "/blocks/0/elements/0/options"),
    "radio options": Limit(10, lambda n: choices("radio_buttons", *options(n)), "/blocks/0/elements/0/options"),
    "min_length": Limit(3000, lambda n: entered(element={"min_length": n}), "/blocks/0/element/min_length"),
}


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("t"), "blocks": [{"type": "divider"}], **more}


IN_VIEWS = {
    "blocks of a modal": Limit(100, lambda n: modal(blocks=[{"type": "divider"}] * n), "/view/blocks"),
    "blocks of a home": Limit(100, lambda n: {"type": "home", "blocks": [{"type": "divider"}] * n}, "/view/blocks"),
    "title": Limit(24, lambda n: modal(title=plain("x" * n)), "/view/title/text"),
    "submit": Limit(24, lambda n: modal(submit=plain("x" * n)), "/view/submit/text"),
    "close": Limit(24, lambda n: modal(close=plain("x" * n)), "/view/close/text"),
    "callback_id": Limit(255, lambda n: modal(callback_id="x" * n), "/view/callback_id"),
    "external_id": Limit(255, lambda n: modal(external_id="x" * n), "/view/external_id"),
    "private_metadata": Limit(3000, lambda n: modal(private_metadata="x" * n), "/view/private_metadata"),
}


@pytest.mark.parametrize("name", sorted(IN_MESSAGES))
def test_a_limit_in_a_message_is_exact(name: str) -> None:
    limit = IN_MESSAGES[name]

    assert validator.problems(limit.make(limit.value)) == []
    assert limit.pointer in [problem.pointer for problem in validator.problems(limit.make(limit.value + 1))]


@pytest.mark.parametrize("name", sorted(IN_VIEWS))
def test_a_limit_in_a_view_is_exact(name: str) -> None:
    limit = IN_VIEWS[name]

    assert view.problems(limit.make(limit.value)) == []
    assert [problem.pointer for problem in view.problems(limit.make(limit.value + 1))] == [limit.pointer]


@pytest.mark.parametrize("characters", ["x", "é", "世", "🚀"])
def test_characters_are_code_points(characters: str) -> None:
    assert validator.problems([{"type": "header", "text": plain(characters * 150)}]) == []
    assert validator.problems([{"type": "header", "text": plain(characters * 151)}]) != []
