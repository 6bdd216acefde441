"""What an end is worth to a shell: only what says so in every respect is a yes, a no or a choice."""

from typing import Any

import pytest

from bridge.commands.ask_options import Ended, Wish


def wish(*options: tuple[str, str]) -> Wish:
    return Wish(
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
    ("asked", "ended"),
    [
        ({"status": "answered", "answer": YES}, Ended.ANSWERED),
        ({"status": "answered", "answer": NO}, Ended.DENIED),
        ({"status": "answered", "answer": None}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "approve", "approved": False}}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "deny", "approved": True}}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": {"decision": "approve", "approved": "true"}}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": {"option": "blue"}}, Ended.NO_ANSWER),
        ({"status": "answered"}, Ended.NO_ANSWER),
        ({"status": "pending", "answer": YES}, Ended.NO_ANSWER),
        *[
            ({"status": status, "answer": None}, Ended.NO_ANSWER)
            for status in ("pending", "expired", "cancelled", "superseded", "unreachable", "of_tomorrow")
        ],
        ({}, Ended.NO_ANSWER),
    ],
)
def test_only_a_yes_is_0_and_only_a_no_is_1(asked: dict[str, Any], ended: Ended) -> None:
    assert wish().outcome(asked) is ended


@pytest.mark.parametrize(
    ("asked", "ended"),
    [
        ({"status": "answered", "answer": {"option": "blue", "decision": None}}, Ended.ANSWERED),
        ({"status": "answered", "answer": {"option": "green", "decision": None}}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": {"option": None, "decision": None}}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": YES}, Ended.NO_ANSWER),
        ({"status": "answered", "answer": NO}, Ended.NO_ANSWER),
        ({"status": "pending", "answer": {"option": "blue"}}, Ended.NO_ANSWER),
        ({"status": "expired", "answer": {"option": "blue"}}, Ended.NO_ANSWER),
    ],
)
def test_a_choice_is_answered_only_with_what_was_offered(asked: dict[str, Any], ended: Ended) -> None:
    assert wish(("red", "Red"), ("blue", "Blue")).outcome(asked) is ended
