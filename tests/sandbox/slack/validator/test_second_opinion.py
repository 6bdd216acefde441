"""The validator refuses every block that the SDK's own models refuse, and they accept every block that it accepts."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement, block_elements, blocks

from sandbox.slack import limits
from sandbox.slack.validator import message as validator
from sandbox.slack.validator.blocks import IN_MESSAGES
from sandbox.slack.validator.elements import IN_ACCESSORY, IN_MODAL_INPUT
from sandbox.slack.validator.rules import Object
from tests.sandbox.slack.validator.examples import BAD, GOOD


def sdk_takes(block: Any) -> bool:
    try:
        parsed = Block.parse(block)
        if parsed is None:
            return False
        parsed.validate_json()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError):
        return False
    return True


@pytest.mark.parametrize("blocks", GOOD)
def test_the_sdk_takes_every_good_payload(blocks: list[Any]) -> None:
    assert all(sdk_takes(block) for block in blocks)


@pytest.mark.parametrize("blocks", [bad for bad, _, _ in BAD if all(isinstance(block, dict) for block in bad)])
def test_what_the_sdk_refuses_is_refused_here(blocks: list[Any]) -> None:
    if not all(sdk_takes(block) for block in blocks):
        assert validator.problems(blocks)


# Fields that the SDK's base classes give to elements for which no page of Slack's documents them.
UNDOCUMENTED = {
    "button": {"alt_text"},
    "overflow": {"alt_text"},
    "checkboxes": {"placeholder"},
    "radio_buttons": {"placeholder"},
    **{kind: {"confirm"} for kind in ("plain_text_input", "email_text_input", "url_text_input", "number_input")},
    "rich_text_input": {"confirm"},
    "datetimepicker": {"placeholder"},
    "file_input": {"confirm", "focus_on_load", "placeholder"},
}


def models(module: Any) -> Iterator[tuple[str, type[Any]]]:
    """Each class of the module for a block or an element, with its type."""
    for _, model in inspect.getmembers(module, inspect.isclass):
        if issubclass(model, Block | BlockElement) and isinstance(getattr(model, "type", None), str):
            yield str(inspect.getattr_static(model, "type")), model


IN_BLOCKS = [(IN_MESSAGES, kind, model) for kind, model in models(blocks) if issubclass(model, Block)]
IN_ELEMENTS = [({**IN_ACCESSORY, **IN_MODAL_INPUT}, kind, model) for kind, model in models(block_elements)]


@pytest.mark.parametrize(("table", "kind", "model"), [one for one in IN_BLOCKS + IN_ELEMENTS if one[1] in one[0]])
def test_every_field_that_the_sdk_has_is_known(table: dict[str, Object], kind: str, model: type[Any]) -> None:
    attributes = inspect.getattr_static(model, "attributes")
    read = attributes.fget if isinstance(attributes, property) else None
    fields = set(attributes) if read is None else read(object.__new__(model))

    assert fields - {"type"} <= {*table[kind].required, *table[kind].optional, *UNDOCUMENTED.get(kind, ())}


def test_every_type_that_the_sdk_has_is_known_or_a_known_limit() -> None:
    rich_text = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
    here = {*IN_MESSAGES, *IN_ACCESSORY, *IN_MODAL_INPUT, *rich_text, "mrkdwn", "plain_text", "auth_provider"}

    assert {kind for _, kind, _ in IN_BLOCKS + IN_ELEMENTS} - here <= limits.TYPES
    assert limits.TYPES.isdisjoint(here)
