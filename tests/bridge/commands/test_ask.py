"""Reading an answer: only what says so in every respect is a yes or a no."""

from typing import Any

import pytest

from bridge.commands.addresses import Names, Unknown
from bridge.commands.wish import Ended, Wish


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


NAMES = Names(users={"ana": "U0ANA"}, channels={"approvals": "C0APPROVALS"}, known=True)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("@ana", {"user": "U0ANA"}),
        ("#approvals", {"channel": "C0APPROVALS"}),
        ("U012AB3CD", {"user": "U012AB3CD"}),
        ("W012AB3CD", {"user": "W012AB3CD"}),
        ("C012AB3CD", {"channel": "C012AB3CD"}),
        ("D012AB3CD", {"channel": "D012AB3CD"}),
    ],
)
def test_an_address_is_an_id_or_a_name_of_the_sandbox(text: str, address: dict[str, str]) -> None:
    assert NAMES.address(text) == address


@pytest.mark.parametrize(
    ("names", "text", "words"),
    [
        (NAMES, "@zoe", "no @zoe; it has @ana"),
        (NAMES, "#nowhere", "no #nowhere; it has #approvals"),
        (NAMES, "ana", "neither a Slack id"),
        (NAMES, "", "neither a Slack id"),
        (Names(), "@ana", "names are known only in the sandbox"),
        (Names(), "#approvals", "names are known only in the sandbox"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_what_would(names: Names, text: str, words: str) -> None:
    with pytest.raises(Unknown, match=words):
        names.address(text)
