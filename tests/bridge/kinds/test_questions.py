"""What is special about several questions: their inputs, their answers, what is refused, and what the card says."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.card.frame import CardView
from bridge.forms.form import FieldErrors, OptionsField, Submitted, TextField
from bridge.kinds.questions import KIND
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction

EU_US = [{"id": "eu", "label": "Frankfurt"}, {"id": "us", "label": "Virginia"}]
KEPT = [{"id": name, "label": name.title()} for name in ("orders", "people", "logs")]
ASKED: Json = {
    "kind": "questions",
    "title": "Before I set up the service",
    "questions": [
        {"id": "region", "title": "Which region?", "options": EU_US},
        {"id": "data", "title": "What will it store?", "options": KEPT, "multiple": {"min": 0}},
        {"id": "name", "title": "Its name", "input": {"multiline": False, "max_length": 20}},
        {"id": "notes", "title": "Anything else?", "required": False},
    ],
}
REGION, DATA, NAME, NOTES = (f"question_{number}" for number in range(4))
GIVEN = Submitted(texts={NAME: "order-export", NOTES: ""}, selected={REGION: ["us"], DATA: ["logs", "orders"]})


def accepted(submitted: Submitted, request: Json = ASKED) -> Json | FieldErrors:
    return KIND.accepted(KIND.read(KIND.stored(KIND.request.model_validate(request))), "answers", submitted)


def answered(answers: Json, request: Json = ASKED) -> str:
    by = {"user": "U0ANA", "name": "ana", "team": "T0HOME"}
    answer = {"decision": None, "approved": False, "option": None, "answers": answers, "by": by, "via": "form"}
    settled = interaction(request, status=Status.ANSWERED, choice="answers", answer=answer | {"label": "x"})
    drawing = KIND.draw(CardView(settled, version=2))
    limits.check(drawing, settled)
    [said] = [words for words in limits.mrkdwn(drawing.blocks) if words.startswith("💬")]
    return said


def test_each_question_has_the_input_that_fits_it() -> None:
    form = KIND.form(KIND.request.model_validate(ASKED), "answers")
    region, data, name, notes = form.fields

    assert isinstance(region, OptionsField) and isinstance(data, OptionsField)
    assert (region.label, region.is_radio, region.is_required) == ("Which region?", True, True)
    assert (data.is_radio, data.is_menu, data.min_selected, data.max_selected) == (False, False, 0, 3)
    assert isinstance(name, TextField) and isinstance(notes, TextField)
    assert (name.max_length, name.is_multiline, name.is_required) == (20, False, True)
    assert (notes.max_length, notes.is_multiline, notes.is_required) == (3_000, True, False)


def test_many_options_or_an_option_that_may_be_left_out_are_a_menu() -> None:
    many = [{"id": str(n), "label": f"Shard {n}"} for n in range(6)]
    for question in ({"options": many}, {"options": EU_US, "required": False}):
        request = {**ASKED, "questions": [{"id": "a", "title": "Which?", **question}]}
        [field] = KIND.form(KIND.request.model_validate(request), "answers").fields

        assert isinstance(field, OptionsField)
        assert (field.is_menu, field.is_radio, field.is_required) == (True, False, "required" not in question)


def test_one_submission_answers_every_question_by_its_id() -> None:
    assert accepted(GIVEN) == {
        "answers": {
            "region": {"option": "us", "label": "Virginia"},
            "data": {"options": [KEPT[0], KEPT[2]]},
            "name": {"text": "order-export"},
            "notes": None,
        },
        "label": "Virginia; Orders, Logs; order-export",
    }


def test_each_mistake_is_told_at_its_own_question() -> None:
    wrong = accepted(Submitted(texts={NAME: "x" * 21}, selected={REGION: [], DATA: ["other"]}))

    assert isinstance(wrong, FieldErrors)
    assert wrong.messages.keys() == {REGION, DATA, NAME}


def test_only_a_refusal_is_an_answer_without_a_form() -> None:
    assert interaction(ASKED).answers == {}
    assert interaction(ASKED | {"decline": True}).answers.keys() == {"decline"}
    assert interaction(ASKED).forms == {"answers": {"decision": None, "approved": False, "option": None}}


def test_the_card_names_the_questions_before_and_each_answer_beside_its_question_after() -> None:
    pending = limits.words(KIND.draw(CardView(interaction(ASKED), version=1)))
    assert "Which region? — Frankfurt · Virginia" in pending and "Anything else?" in pending

    given = accepted(GIVEN)
    assert isinstance(given, dict)
    assert answered(given["answers"]).split("\n") == [
        "💬 <@U0ANA>:",
        "• “Which region?”: “Virginia”",
        "• “What will it store?”: “Orders”, “Logs”",
        "• “Its name”: “order-export”",
        "• “Anything else?”: left out",
    ]


def test_a_card_with_the_longest_answers_keeps_its_quotation_marks_and_counts() -> None:
    options = [{"id": str(n), "label": f"{n:02}" + "&" * 73} for n in range(100)]
    asked = [{"id": str(n), "title": f"{n}" + "<" * 149, "options": options, "multiple": {}} for n in range(3)]
    request: Json = {**ASKED, "questions": [*asked, {"id": "text", "title": "&" * 150}]}
    answers: Json = {str(n): {"options": options} for n in range(3)} | {"text": {"text": "*" * 3_000}}

    said = answered(answers, request)
    assert said.count("“") == said.count("”") == 4 + 3 * 3 + 1
    assert said.count(" and 97 more") == 3 and said.endswith("…” (2,960 more characters)")


@pytest.mark.parametrize(
    ("question", "at", "words"),
    [
        ({"multiple": {}}, ("multiple",), 'must have "options" beside it'),
        ({"options": EU_US, "input": {}}, ("input",), 'cannot be used together with "options"'),
        ({"options": EU_US, "multiple": {"max": 3}}, ("multiple", "max"), "at most the number of options, which is 2"),
        ({"options": EU_US, "multiple": {"min": 0}, "required": False}, ("required",), 'use {"min": 0}'),
        ({"input": {"min_length": 9, "max_length": 8}}, ("min_length",), "must be at most max_length, which is 8"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_place(question: Json, at: tuple[str, ...], words: str) -> None:
    [error] = _errors([{"id": "a", "title": "Which?", **question}])

    assert error["ctx"]["at"] == at and words in error["msg"]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"id": "a", "title": "When?"}, "different ids"),
        ({"id": "b", "title": "Which?\u200b"}, "different titles"),
        ({"id": "b", "title": "Whi\u0441h?"}, "titles that look different"),
    ],
)
def test_two_questions_that_people_or_agents_could_mix_up_are_refused(second: Json, words: str) -> None:
    [error] = _errors([{"id": "a", "title": "Which?"}, second])

    assert words in error["msg"]


def test_at_least_one_and_at_most_four_questions_can_be_asked() -> None:
    five = [{"id": str(n), "title": f"Question {n}"} for n in range(5)]
    assert [_errors([])[0]["type"], _errors(five)[0]["type"]] == ["too_short", "too_long"]


def _errors(questions: list[Json]) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        KIND.request.model_validate(ASKED | {"questions": questions})
    return list(refused.value.errors())
