"""Results of `askbridge ask`: only a complete and consistent answer is a yes, a no, a choice or a text."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.agents.interactions import requests
from bridge.commands import answers
from bridge.commands.addresses import Names, Unknown
from bridge.commands.answers import ExitStatus, Result
from bridge.commands.ask_options import AskOptions
from bridge.forms.comment import Comment
from bridge.forms.text_input import Input
from storage import json_text


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
    assert typed().result(interaction) == Result(status=expected)


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
    assert typed(("red", "Red"), ("blue", "Blue")).result(interaction) == Result(
        status=expected, values=("blue",) if expected is ExitStatus.ANSWERED else ()
    )


SEVERAL = {"options": [{"id": "blue", "label": "Blue"}, {"id": "red", "label": "Red"}], "decision": None}


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        (SEVERAL, ("blue", "red")),
        ({"options": []}, ()),
        ({"options": [{"id": "green"}]}, None),
        ({"options": ["blue"]}, None),
        ({"options": [{"id": 1}]}, None),
        ({"options": None}, None),
        ({"option": "blue"}, None),
        (YES, None),
    ],
)
def test_several_options_are_their_names_and_one_is_not_several(
    answer: dict[str, Any], values: tuple[str, ...] | None
) -> None:
    options = typed(("red", "Red"), ("blue", "Blue"), multiple=(0, None))
    expected = Result(status=ExitStatus.NO_ANSWER, values=()) if values is None else None

    assert options.result({"status": "answered", "answer": answer}) == (
        expected or Result(status=ExitStatus.ANSWERED, values=values)
    )
    assert typed(("red", "Red"), ("blue", "Blue")).result({"status": "answered", "answer": SEVERAL}).values == ()


WROTE = {"decision": None, "approved": False, "text": "Falcon\n"}
DECLINED = {"decision": "decline", "approved": False}


@pytest.mark.parametrize(
    ("interaction", "status", "values"),
    [
        ({"status": "answered", "answer": WROTE}, ExitStatus.ANSWERED, ("Falcon\n",)),
        ({"status": "answered", "answer": WROTE | {"text": None}}, ExitStatus.NO_ANSWER, ()),
        ({"status": "answered", "answer": WROTE | {"decision": "approve"}}, ExitStatus.NO_ANSWER, ()),
        ({"status": "expired", "answer": WROTE}, ExitStatus.NO_ANSWER, ()),
        ({"status": "answered", "answer": DECLINED}, ExitStatus.DENIED, ()),
        ({"status": "answered", "answer": DECLINED | {"text": "Falcon"}}, ExitStatus.DENIED, ()),
        ({"status": "answered", "answer": DECLINED | {"approved": True}}, ExitStatus.NO_ANSWER, ()),
        ({"status": "answered", "answer": NO}, ExitStatus.NO_ANSWER, ()),
        ({"status": "answered", "answer": YES}, ExitStatus.NO_ANSWER, ()),
    ],
)
def test_a_text_is_0_and_a_refusal_1(interaction: dict[str, Any], status: ExitStatus, values: tuple[str, ...]) -> None:
    assert typed(text=True, decline=True).result(interaction) == Result(
        status=status, values=values, is_text=bool(values)
    )


def test_a_refusal_that_was_not_asked_for_is_no_answer() -> None:
    answered = {"status": "answered", "answer": DECLINED}

    assert typed(text=True).result(answered).status is ExitStatus.NO_ANSWER


ANSWERS = {"region": {"option": "eu", "label": "Europe"}, "notes": None}


@pytest.mark.parametrize(
    ("answer", "status", "values"),
    [
        ({"answers": ANSWERS, "decision": None}, ExitStatus.ANSWERED, (json_text.dumps(ANSWERS),)),
        ({"values": {"a": Decimal("0.10")}, "decision": None}, ExitStatus.ANSWERED, ('{"a": 0.10}',)),
        ({"answers": [], "decision": None}, ExitStatus.NO_ANSWER, ()),
        ({"answers": ANSWERS, "decision": "approve"}, ExitStatus.NO_ANSWER, ()),
        (DECLINED, ExitStatus.DENIED, ()),
        (YES, ExitStatus.NO_ANSWER, ()),
        (NO, ExitStatus.NO_ANSWER, ()),
    ],
)
def test_answers_and_values_are_one_line_of_json(
    answer: dict[str, Any], status: ExitStatus, values: tuple[str, ...]
) -> None:
    expected = Result(status=status, values=values, is_text=bool(values))
    for asked in (typed(questions=[], decline=True), typed(form={}, decline=True)):
        assert asked.result({"status": "answered", "answer": answer}) == expected
        assert asked.result({"status": "expired", "answer": answer}).status is ExitStatus.NO_ANSWER
    assert typed(questions=[]).result({"status": "answered", "answer": DECLINED}).status is ExitStatus.NO_ANSWER


ASKED = {"name": "refund", "arguments": {"amount": 89, "order": 4711}}
CHANGED = YES | {"arguments": {"amount": 50, "order": 4711}, "edited": True}


@pytest.mark.parametrize(
    ("answer", "status", "values"),
    [
        (CHANGED, ExitStatus.ANSWERED, ('{"amount": 50, "order": 4711}',)),
        (YES, ExitStatus.ANSWERED, ('{"amount": 89, "order": 4711}',)),
        (YES | {"edited": True}, ExitStatus.NO_ANSWER, ()),
        (CHANGED | {"arguments": None}, ExitStatus.NO_ANSWER, ()),
        (CHANGED | {"approved": False}, ExitStatus.NO_ANSWER, ()),
        (NO, ExitStatus.DENIED, ()),
    ],
)
def test_an_approval_that_can_be_edited_is_what_was_approved_and_nothing_else(
    answer: dict[str, Any], status: ExitStatus, values: tuple[str, ...]
) -> None:
    expected = Result(status=status, values=values, is_text=bool(values))
    answered = {"status": "answered", "kind": "approval", "action": ASKED, "answer": answer}

    assert typed(edit=True).result(answered) == expected
    assert answers.result(answered | {"edit": {"schema": {}}}, "approval") == expected


def test_a_reply_is_neither_a_yes_nor_a_no() -> None:
    answer = {"decision": "respond", "approved": False, "comment": "Approved!"}
    for options in (typed(), typed(respond=True), typed(text=True), typed(("a", "A"), ("b", "B"))):
        assert options.result({"status": "answered", "answer": answer}).status is ExitStatus.NO_ANSWER


def test_nothing_is_sent_that_was_not_typed() -> None:
    body = typed().body_for(Names())

    assert body == {"kind": "approval", "title": "Now?", "to": [{"user": "U0ANA"}]}


def test_everything_that_the_api_takes_can_be_typed() -> None:
    """The command can send every field of a request of every kind."""
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
    comment = {"label": "Why?", "placeholder": "Because …", "max_length": 200}
    approval = typed(
        on_expiry="deny", comments=(("approve", True), ("deny", False)), respond=True, edit=True, **comment, **every
    ).body_for(Names())
    choice = typed(("a", "A"), ("b", "B"), on_expiry="a", danger=("b",), confirm=(("b", "Sure?"),),
                   comments=(("b", True),), **every).body_for(Names())  # fmt: skip
    several = typed(("a", "A"), ("b", "B"), multiple=(1, 2), **every).body_for(Names())
    text = typed(text=True, on_expiry="decline", suggestions=("Yes, now",), decline=True, initial="Now", one_line=True,
                 min_length=2, **comment, **every).body_for(Names())  # fmt: skip

    questions = typed(questions=[{"id": "a", "title": "Which?"}], decline=True, on_expiry="decline", **every).body_for(
        Names()
    )
    form = typed(form={"properties": {"a": {"type": "integer"}}}, initial='{"a": 1}', submit="Go", decline=True,
                 on_expiry="decline", **every).body_for(Names())  # fmt: skip
    edit = {"schema": {"properties": {"version": {"type": "string"}}}}

    assert (approval["edit"], typed(edit=edit["schema"], **every).body_for(Names())["edit"]) == (True, edit)
    assert questions["on_expiry"] == {"decision": "decline"} and form["initial"] == {"a": 1}
    assert approval["on_expiry"] == {"decision": "deny"} and choice["on_expiry"] == {"option": "a"}
    assert text["on_expiry"] == {"decision": "decline"} and several["multiple"] == {"min": 1, "max": 2}
    assert approval["comment"] == {"approve": {"required": True, **comment}, "deny": {"required": False, **comment}}
    assert choice["options"] == [
        {"id": "a", "label": "A"},
        {"id": "b", "label": "B", "style": "danger", "confirm": "Sure?", "comment": "required"},
    ]
    assert text["input"].keys() == Input.model_fields.keys() and Comment.model_fields.keys() == {"required", *comment}
    assert approval["responders"] == {"users": ["U0ANA", "U0BOB"], "outsiders": "allow"}
    assert approval["action"] == {"name": "deploy", "arguments": {"version": "1.4", "retries": 3}}
    assert approval["agent"] == {"name": "ci", "run": "7", "url": "https://ci.example.com/7"}
    sent: dict[str, set[str]] = {}
    for body in (approval, choice, several, text, questions, form | {"order": ["/a"]}):
        kind, _, request = requests.validate(body)
        sent.setdefault(kind.name, set()).update(body)
        assert sent[kind.name] <= set(type(request).model_fields)
    assert sent == {name: set(model.model_fields) for name, model in requests.MODELS.items()}


@pytest.mark.parametrize(
    ("more", "default"),
    [
        ({"suggestions": ("Now",)}, {"text": "Now"}),
        ({"suggestions": ("Now",), "decline": True}, {"text": "Now"}),
        ({"suggestions": ("decline",)}, {"text": "decline"}),
    ],
)
def test_a_default_of_a_text_is_a_suggestion_or_the_refusal(more: dict[str, Any], default: dict[str, str]) -> None:
    name = default["text"]

    assert typed(text=True, on_expiry=name, **more).body_for(Names())["on_expiry"] == default


@pytest.mark.parametrize(
    ("options", "more", "words"),
    [
        ((), {"comments": (("maybe", True),)}, "--comment maybe is neither approve nor deny."),
        ((("a", "A"), ("b", "B")), {"comments": (("c", True),)}, "--comment c names no --option."),
        ((), {"text": True, "comments": (("deny", True),)}, "--comment requires --approve or --option: a text is"),
        ((), {"text": True, "respond": True}, "--respond requires --approve."),
        ((), {"multiple": (1, None)}, "--multiple requires --option NAME."),
        ((), {"suggestions": ("Now",)}, "--suggest requires --text."),
        ((), {"decline": True}, "--decline requires --text, --questions or --form."),
        ((), {"initial": "Now"}, "--initial requires --text or --form FILE."),
        ((), {"form": {}, "initial": "[1]"}, "--initial must be a JSON object here: the values"),
        ((), {"form": {}, "initial": "Now"}, "--initial must be a JSON object here: the values"),
        ((), {"submit": "Go"}, "--submit requires --form FILE."),
        ((), {"text": True, "edit": True}, "--edit requires --approve."),
        ((), {"questions": [], "comments": (("a", True),)}, "--comment requires --approve or --option: these are"),
        ((), {"one_line": True}, "--one-line requires --text."),
        ((), {"min_length": 2}, "--min-length requires --text."),
        ((), {"label": "Why?"}, "--label requires --text or --comment NAME."),
        ((), {"max_length": 9}, "--max-length requires --text or --comment NAME."),
        ((), {"placeholder": "…"}, "--placeholder requires --text or --comment NAME."),
    ],
)
def test_an_option_that_does_not_belong_to_the_question_is_refused_by_name(
    options: tuple[tuple[str, str], ...], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(Unknown) as refused:
        typed(*options, **more).body_for(Names())

    assert str(refused.value).startswith(words)


def test_a_full_text_belongs_to_an_action_and_is_sent_as_it_is() -> None:
    sent = typed(action="run", full="a\r\n\u200b").body_for(Names())["action"]
    assert sent == {"name": "run", "arguments": {}, "full": "a\r\n\u200b"}
    with pytest.raises(Unknown, match="--full requires --action NAME"):
        typed(full="x").body_for(Names())
