"""Exit statuses of `askbridge ask`: only a complete and consistent answer is a yes, a no or a choice."""

from typing import Any

import pytest

from bridge.agents.interactions import requests
from bridge.commands.addresses import Names
from bridge.commands.ask_options import AskOptions, ExitStatus


def typed(*options: tuple[str, str], **more: Any) -> AskOptions:
    return AskOptions(title="Now?", to=("U0ANA",), options=options, url="http://127.0.0.1:1", key="askb_1", **more)


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


def test_nothing_is_sent_that_was_not_typed() -> None:
    body = typed().body_for(Names())

    assert body == {"kind": "approval", "title": "Now?", "to": [{"user": "U0ANA"}]}


def test_everything_that_the_api_takes_can_be_typed() -> None:
    """The command can send every field of a request, but those of other kinds."""
    every = {
        "body": "It is *ready*.",
        "action": "deploy",
        "arguments": (("version", "1.4"), ("retries", 3)),
        "facts": (("Open incidents", "none"),),
        "responders": ("U0ANA", "U0BOB"),
        "outsiders": True,
        "expires_in": 3600.0,
        "agent": "ci",
        "run": "7",
        "agent_url": "https://ci.example.com/7",
        "on_behalf_of": "U0CHO",
        "connection": "con_1",
        "supersedes": "int_1",
        "callback": "https://ci.example.com/hook",
        "tags": ("deploy",),
        "metadata": {"ticket": 7},
    }
    approval = typed(on_expiry="deny", **every).body_for(Names())
    choice = typed(("a", "A"), ("b", "B"), on_expiry="a", danger=("b",), confirm=(("b", "Sure?"),), **every).body_for(
        Names()
    )

    assert approval["on_expiry"] == {"decision": "deny"} and choice["on_expiry"] == {"option": "a"}
    assert choice["options"] == [
        {"id": "a", "label": "A"},
        {"id": "b", "label": "B", "style": "danger", "confirm": "Sure?"},
    ]
    assert approval["responders"] == {"users": ["U0ANA", "U0BOB"], "outsiders": "allow"}
    assert approval["action"] == {"name": "deploy", "arguments": {"version": "1.4", "retries": 3}}
    assert approval["agent"] == {"name": "ci", "run": "7", "url": "https://ci.example.com/7"}
    for body in (approval, choice):
        kind, routing, request = requests.validate(body)
        known = set(type(routing).model_fields) | set(type(request).model_fields) | {"kind"}
        words = {"comment", "respond", "multiple"}  # typed with options of their own, which other tests try
        assert set(body) == known - words - ({"options"} if kind.name == "approval" else set())
