"""The validator refuses every block that the SDK's own models refuse, and they accept every block that it accepts."""

from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.slack.validator import message as validator
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
