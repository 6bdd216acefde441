"""Arguments that a person changes before approving: what the form shows, what is approved, and what stays as it was."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.card.frame import CardView
from bridge.forms.form import FieldErrors, OptionsField, Submitted
from bridge.kinds.approval import KIND, inferred
from bridge.representation import status_text
from storage import json_text
from storage.model import Json, Status
from tests.bridge import limits, submissions
from tests.bridge.interactions import interaction

HIDDEN: Json = {"rules": [{"if": "late"}], "none": None, "empty": [], "deep": {"a": {"b": 1}}}
ARGUMENTS: Json = {
    "order": 4711,
    "amount": "89.00",
    "rate": Decimal("0.10"),
    "notify": True,
    "tags": ["late", "vip"],
    "to": {"iban": "DE02", "limits": [{"day": 1}], "note": ""},
    **HIDDEN,
}
ASKED: Json = {
    "kind": "approval",
    "title": "Refund?",
    "action": {"name": "refund", "arguments": ARGUMENTS},
    "edit": True,
}
SCHEMA: Json = {"properties": {"amount": {"type": "string", "maxLength": 8}, "reason": {"type": "string"}}}
NAMED: Json = ASKED | {"edit": {"schema": SCHEMA}}


def read(request: Json) -> Any:
    """The request as it is read from the database."""
    stored = KIND.stored(KIND.request.model_validate(request))
    return KIND.read(json_text.loads(json_text.dumps(stored)))


def submitted(request: Json = ASKED, *, comment: str = "", **entered: Any) -> Submitted:
    """The form as it was opened, but for what is entered by the label of its field."""
    form = KIND.form(read(request), "edit")
    texts, selected = {"comment": comment}, {}
    for field in form.fields:
        value = entered.get(field.label)
        if isinstance(field, OptionsField):
            selected[field.id] = list(field.initial) if value is None else list(value)
        elif field.id != "comment":
            initial = getattr(field, "initial", None)
            texts[field.id] = value if isinstance(value, str) else "" if initial is None else f"{initial}"
    return Submitted(texts=texts, selected=selected)


def approved(given: Submitted, request: Json = ASKED) -> Json:
    accepted = KIND.accepted(read(request), "edit", given)
    assert not isinstance(accepted, FieldErrors), accepted
    return accepted


def digest_of(arguments: Json, request: Json = ASKED) -> str:
    """The digest that the question would have if it had been asked with these arguments."""
    return KIND.digest(KIND.request.model_validate(request | {"action": {"name": "refund", "arguments": arguments}}))


def test_the_form_shows_what_it_can_in_the_order_of_the_card() -> None:
    labels = [field.label for field in KIND.form(read(ASKED), "edit").fields]

    assert labels == ["Amount", "Notify", "Order", "Rate", "Tags", "To: Iban", "To: Note"]


@pytest.mark.parametrize(
    "value",
    [None, [], [{"a": 1}], {"a": {"b": 1}}, ["a", 1], ["a "], ["a\nb"], [""], [True], "a\r\nb", "\x1b[1m", " ",
     "x" * 3_001, Decimal("1e99"), 10**50, Decimal(1).scaleb(-60), ["x" * 2_000, "y" * 2_000]],
)  # fmt: skip
def test_what_an_input_would_not_give_back_as_it_was_is_not_shown(value: Any) -> None:
    assert inferred.schema({"shown": "a", "other": value}) == inferred.schema({"shown": "a"})


@pytest.mark.parametrize(
    "value", ["a", "", "a\n b ", "x" * 3_000, 0, -7, Decimal("0.10"), 10**49, True, ["a", "b c"], [1, 2]]
)
def test_what_is_shown_comes_back_as_it_was(value: Any) -> None:
    request = {**ASKED, "action": {"name": "refund", "arguments": {"other": value, "shown": "a"}}}
    arguments = {"other": value, "shown": "b"}

    if len(str(value)) < 2_000:
        answer = approved(submitted(request, Shown="b"), request)
        assert json_text.dumps(answer["arguments"]) == json_text.dumps(arguments)
        assert [change["pointer"] for change in answer["changes"]] == ["/shown"]
    assert "other" in (inferred.schema(arguments) or {})["properties"]


def test_a_form_of_a_schema_shows_only_what_it_names() -> None:
    assert [field.label for field in KIND.form(read(NAMED), "edit").fields] == ["Amount", "Reason"]


def test_what_is_changed_is_approved_and_named_with_its_place() -> None:
    changed: dict[str, Any] = {"Amount": "50.00", "Notify": ["1"], "Tags": "late\nnew", "To: Note": "Half"}
    given = submitted(ASKED, **changed)
    answer = approved(given)

    assert answer["arguments"] == ARGUMENTS | {
        "amount": "50.00",
        "notify": False,
        "tags": ["late", "new"],
        "to": ARGUMENTS["to"] | {"note": "Half"},
    }
    assert answer["changes"] == [
        {"pointer": "/amount", "from": "89.00", "to": "50.00"},
        {"pointer": "/notify", "from": True, "to": False},
        {"pointer": "/tags", "from": ["late", "vip"], "to": ["late", "new"]},
        {"pointer": "/to/note", "from": "", "to": "Half"},
    ]
    assert (answer["edited"], answer["label"]) == (True, "Approve with changes")


def test_what_the_form_does_not_show_stays_whatever_is_submitted() -> None:
    answer = approved(submitted(Amount="1"))
    assert {name: answer["arguments"][name] for name in HIDDEN} == HIDDEN
    assert answer["arguments"]["to"] == ARGUMENTS["to"]

    forged = submitted(NAMED, Amount="1")
    forged.texts.update({"order": "1", "v2": "1", "v9": "x", "rules": "x"})
    answer = approved(forged, NAMED)
    assert answer["arguments"] == ARGUMENTS | {"amount": "1"}
    assert [change["pointer"] for change in answer["changes"]] == ["/amount"]


def test_the_digest_is_that_of_what_was_approved() -> None:
    for request in (ASKED, NAMED):
        answer = approved(submitted(request, Amount="50.00"), request)
        assert answer["digest"] == digest_of(ARGUMENTS | {"amount": "50.00"}, request)
        assert answer["digest"] != digest_of(ARGUMENTS, request)


def test_a_form_that_is_sent_as_it_was_opened_changes_nothing() -> None:
    answer = approved(submitted())

    assert json_text.dumps(answer["arguments"], sort_keys=True) == json_text.dumps(ARGUMENTS, sort_keys=True)
    assert (answer["changes"], answer["edited"], answer["label"]) == ([], False, "Approve")
    assert answer["digest"] == digest_of(ARGUMENTS)


def test_a_number_that_is_written_in_another_way_keeps_its_digits() -> None:
    assert approved(submitted(Rate="0.100"))["changes"] == []
    assert approved(submitted(Order="4711"))["arguments"]["order"] == 4711


def test_an_argument_can_be_added_or_left_out_where_the_schema_allows_it() -> None:
    answer = approved(submitted(NAMED, Amount="", Reason="Goodwill"), NAMED)

    assert "amount" not in answer["arguments"] and answer["arguments"]["reason"] == "Goodwill"
    assert answer["changes"] == [{"pointer": "/amount", "from": "89.00"}, {"pointer": "/reason", "to": "Goodwill"}]


def test_an_argument_whose_input_was_not_sent_at_all_is_not_left_out() -> None:
    """As of a page of a long form that is not known any more."""
    answer = approved(Submitted(texts={"v1": "Goodwill"}), NAMED)

    assert answer["arguments"] == ARGUMENTS | {"reason": "Goodwill"}


def test_what_the_schema_does_not_allow_is_told_at_its_input() -> None:
    wrong = KIND.accepted(read(NAMED), "edit", submitted(NAMED, Amount="x" * 9))
    assert isinstance(wrong, FieldErrors) and wrong.messages.keys() == {"v0"}

    long: Json = {**ASKED, "action": {"name": "refund", "arguments": {"a": "x" * 100, "b": "y"}}}
    too_long = KIND.accepted(read(long), "edit", submitted(long, A="x" * 2_500, B="y" * 2_500))
    assert isinstance(too_long, FieldErrors) and "4,096 bytes" in too_long.messages["v0"]


def test_an_approval_that_needs_words_needs_them_with_changes_too() -> None:
    request = ASKED | {"comment": {"approve": "required"}}
    given = submitted(request, Amount="50.00")

    assert isinstance(KIND.accepted(read(request), "edit", given), FieldErrors)
    assert approved(submitted(request, comment="Half of it", Amount="50.00"), request)["comment"] == "Half of it"


def test_a_click_alone_approves_what_was_asked_and_no_click_alone_approves_changes() -> None:
    asked = interaction(ASKED)

    assert asked.answers.keys() == {"approve", "deny"} and asked.forms.keys() == {"edit"}
    assert asked.forms["edit"] == {"decision": "approve", "approved": True, "option": None}


def test_people_and_agents_read_what_was_changed() -> None:
    by = {"user": "U0ANA", "name": "ana", "team": "T0HOME"}
    answer = approved(submitted(comment="Half", Amount='5"'), ASKED | {"comment": {"approve": "optional"}})
    answer |= {"decision": "approve", "approved": True, "option": None, "by": by, "via": "form"}
    settled = interaction(ASKED, status=Status.ANSWERED, choice="edit", answer=answer)
    drawing = KIND.draw(CardView(settled, version=2))
    limits.check(drawing, settled)

    line, said = limits.mrkdwn(drawing.blocks)[1:3]
    assert line.startswith("✅ *Approved with changes* by <@U0ANA>")
    assert '• “/amount”: “"89.00" → "5\\""”' in said
    sentence = status_text.sentence(settled)
    assert "proceed with exactly answer.arguments, and not with what was asked" in sentence
    assert '"/amount" from "\'89.00\'" to "\'5\\\'\'"' in sentence


def test_a_form_without_changes_reads_as_an_approval() -> None:
    answer = approved(submitted()) | {"decision": "approve", "approved": True, "option": None, "via": "form"}
    settled = interaction(ASKED, status=Status.ANSWERED, choice="edit", answer=answer | {"by": {"user": "U0ANA"}})

    assert "✅ *Approved* by <@U0ANA>" in limits.words(KIND.draw(CardView(settled, version=2)))
    assert "proceed with exactly what was asked" in status_text.sentence(settled)


@pytest.mark.parametrize(
    ("changes", "at", "words"),
    [
        ({"action": None}, ("edit",), 'must have an "action" with arguments beside it'),
        ({"action": {"name": "a", "arguments": HIDDEN}}, ("edit",), "must have arguments that a form can show"),
        ({"edit": "yes"}, (), "must be true, or an object with a JSON Schema"),
        ({"edit": {"fields": ["amount"]}}, (), "must be true, or an object with a JSON Schema"),
        (
            {"edit": {"schema": {"properties": {"order": {"type": "string"}}}}},
            ("action", "arguments", "order"),
            "shown",
        ),
        (
            {"edit": {"schema": {"properties": {"amount": {"type": "string", "maxLength": 3}}}}},
            ("action", "arguments", "amount"),
            "is not allowed by the schema",
        ),
        (
            {"edit": {"schema": {"properties": {"rules": {"type": "array", "items": {"type": "object"}}}}}},
            ("edit", "schema", "properties", "rules", "items"),
            "",
        ),
        (
            {"edit": {"schema": {"properties": {"amount": {"properties": {"a": {"type": "string"}}}}}}},
            ("action", "arguments", "amount"),
            "must be an object, as the schema says",
        ),
        (
            {"edit": {"schema": SCHEMA}, "action": {"name": "a", "arguments": {"reason": "a\x1bb"}}},
            ("action", "arguments", "reason"),
            "must not contain control characters",
        ),
        ({"edit": {"schema": SCHEMA, "order": ["/order"]}}, ("edit", "order", 0), "must be one of the values"),
    ],
)
def test_an_edit_that_no_form_can_show_is_refused_at_its_place(changes: Json, at: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        KIND.request.model_validate(ASKED | changes)

    error = refused.value.errors()[0]
    assert error.get("ctx", {}).get("at", ()) == at and words in error["msg"], error


def test_false_is_the_request_that_leaves_it_out() -> None:
    without = {name: value for name, value in ASKED.items() if name != "edit"}

    assert KIND.digest(KIND.request.model_validate(ASKED | {"edit": False})) == KIND.digest(
        KIND.request.model_validate(without)
    )


def test_every_example_can_be_edited() -> None:
    for example in KIND.examples:
        if "edit" in example.request:
            request = KIND.read(KIND.stored(KIND.request.model_validate(example.request)))
            form = KIND.form(request, "edit")
            assert isinstance(KIND.accepted(request, "edit", submissions.valid(form)), dict)
