"""Exit statuses of `askbridge ask`: only a complete and consistent answer is a yes, a no or a choice."""

from typing import Any

import pytest

from bridge.commands.ask_options import AskOptions, ExitStatus


def typed(*options: tuple[str, str]) -> AskOptions:
    return AskOptions(
        title="Now?",
        to=("U0ANA",),
        options=options,
        body=None,
        responders=(),
        anyone=False,
        expires_in=None,
        wait=None,
        url="http://127.0.0.1:1",
        key="askb_1",
        slack_url=None,
        as_json=False,
    )


YES = {"decision": "approve", "approved": True}
NO = {"decision": "deny", "approved": False}


@pytest.mark.parametrize(
    ("interaction", "expected"),
    [
        ({"status": "answered", "answer": YES}, ExitStatus.ANSWERED),
        ({"status": "answered", "answer": NO}, ExitStatus.DENIED),
        ({"status": "answered", "answer": None}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "approve", "approved": False}}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "deny", "approved": True}}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "approve", "approved": "true"}}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": {"option": "blue"}}, ExitStatus.NO_ANSWER),
        ({"status": "answered"}, ExitStatus.NO_ANSWER),
        ({"status": "pending", "answer": YES}, ExitStatus.NO_ANSWER),
        *[
            ({"status": status, "answer": None}, ExitStatus.NO_ANSWER)
            for status in ("pending", "expired", "cancelled", "superseded", "unreachable", "of_tomorrow")
        ],
        ({}, ExitStatus.NO_ANSWER),
    ],
)
def test_only_a_yes_is_0_and_only_a_no_is_1(interaction: dict[str, Any], expected: ExitStatus) -> None:
    assert typed().exit_status(interaction) is expected


@pytest.mark.parametrize(
    ("interaction", "expected"),
    [
        ({"status": "answered", "answer": {"option": "blue", "decision": None}}, ExitStatus.ANSWERED),
        ({"status": "answered", "answer": {"option": "green", "decision": None}}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": {"option": None, "decision": None}}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": YES}, ExitStatus.NO_ANSWER),
        ({"status": "answered", "answer": NO}, ExitStatus.NO_ANSWER),
        ({"status": "pending", "answer": {"option": "blue"}}, ExitStatus.NO_ANSWER),
        ({"status": "expired", "answer": {"option": "blue"}}, ExitStatus.NO_ANSWER),
    ],
)
def test_a_choice_is_answered_only_with_what_was_offered(interaction: dict[str, Any], expected: ExitStatus) -> None:
    assert typed(("red", "Red"), ("blue", "Blue")).exit_status(interaction) is expected
