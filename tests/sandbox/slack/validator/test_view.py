"""The rules for views only: required fields, and the limit of their size."""

from typing import Any

import pytest

from sandbox.slack.validator import view
from tests.sandbox.slack.validator.examples import BAD, GOOD, actions, asked, button, entry, plain

MODAL: dict[str, Any] = {"type": "modal", "title": plain("Why?"), "blocks": entry(), "submit": plain("Send")}


IN_MODALS_ONLY = [
    asked("file_input", max_files=10, filetypes=["pdf"]),
    asked("conversations_select", response_url_enabled=True),
    asked("channels_select", response_url_enabled=True),
]


@pytest.mark.parametrize(
    "good",
    [
        MODAL,
        {"type": "home", "blocks": []},
        {**MODAL, "private_metadata": ""},
        *({**MODAL, "blocks": blocks} for blocks in IN_MODALS_ONLY),
        *({**MODAL, "blocks": blocks} for blocks in GOOD),
    ],
)
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
        (
            {**MODAL, "blocks": asked("file_input", max_files=11)},
            "/view/blocks/0/element/max_files",
            "must be between 1 and 10",
        ),
        (
            {**MODAL, "blocks": actions({"type": "conversations_select", "response_url_enabled": True})},
            "/view/blocks/0/elements/0",
            "invalid additional property: response_url_enabled",
        ),
        (
            {**MODAL, "blocks": [*entry(focus_on_load=True), *entry(focus_on_load=True)]},
            "/view/blocks",
            "only one element may have `focus_on_load`",
        ),
        *(({**MODAL, name: "x"}, "/view", f"invalid additional property: {name}") for name in ("id", "hash", "state")),
    ],
)
def test_a_bad_view_is_refused_where_and_why(bad: dict[str, Any], pointer: str, message: str) -> None:
    assert (pointer, message) in [(problem.pointer, problem.message) for problem in view.problems(bad)]


def test_a_view_is_too_large_beyond_250_kb_of_json() -> None:
    assert not view.is_too_large({"type": "home", "blocks": [], "private_metadata": "x" * 200_000})
    assert view.is_too_large({"type": "home", "blocks": [], "private_metadata": "x" * 256_000})


def test_modals_take_what_messages_take_and_a_few_more() -> None:
    allowed = [blocks for blocks, _, _ in BAD if not view.problems({**MODAL, "blocks": blocks})]

    assert allowed == [[{"type": "divider"}] * 51, asked("file_input"), IN_MODALS_ONLY[1]]
