"""The rules for views only: required fields, and the limit of their size."""

from typing import Any

import pytest

from sandbox.slack.validator import view
from tests.sandbox.slack.validator.examples import actions, button, entry, plain

MODAL: dict[str, Any] = {"type": "modal", "title": plain("Why?"), "blocks": entry(), "submit": plain("Send")}


@pytest.mark.parametrize("good", [MODAL, {"type": "home", "blocks": []}, {**MODAL, "private_metadata": ""}])
def test_a_good_view_is_taken(good: dict[str, Any]) -> None:
    assert view.problems(good) == []


@pytest.mark.parametrize(
    ("bad", "pointer", "message"),
    [
        ({"blocks": []}, "/view", "missing required field: type"),
        ({"type": "window"}, "/view/type", "unsupported type: window"),
        ({"type": "modal", "blocks": []}, "/view", "missing required field: title"),
        ({"type": "modal", "title": plain("t")}, "/view", "missing required field: blocks"),
        (
            {"type": "modal", "title": plain("t"), "blocks": entry()},
            "/view/blocks/0/input",
            "must define `submit` to use `input` block",
        ),
        ({**MODAL, "title": {"type": "mrkdwn", "text": "t"}}, "/view/title/type", "unsupported type: mrkdwn"),
        ({**MODAL, "colour": "red"}, "/view", "invalid additional property: colour"),
        ({"type": "home", "blocks": [], "title": plain("t")}, "/view", "invalid additional property: title"),
        ({**MODAL, "blocks": [{"type": "nope"}]}, "/view/blocks/0/type", "unsupported type: nope"),
        (
            {**MODAL, "blocks": [{"type": "divider", "block_id": "a"}] * 2},
            "/view/blocks",
            "`block_id` must be unique: a",
        ),
        ({**MODAL, "blocks": actions(button(), button())}, "/view/blocks/0", "`action_id` must be unique: a"),
        ({**MODAL, "blocks": "none"}, "/view/blocks", "must provide an array"),
    ],
)
def test_a_bad_view_is_refused_where_and_why(bad: dict[str, Any], pointer: str, message: str) -> None:
    assert (pointer, message) in [(problem.pointer, problem.message) for problem in view.problems(bad)]


def test_a_view_is_too_large_beyond_250_kb_of_json() -> None:
    assert not view.is_too_large({"type": "home", "blocks": [], "private_metadata": "x" * 200_000})
    assert view.is_too_large({"type": "home", "blocks": [], "private_metadata": "x" * 256_000})
