"""The choices that people complete with words, of every kind: what their forms ask for, and what they answer."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.card.frame import CardView
from bridge.forms import view
from bridge.forms.codec import FormTarget
from bridge.forms.form import FieldErrors, Submitted
from bridge.kinds.contract import Example, Kind
from bridge.kinds.registry import KINDS
from sandbox.slack.validator import view as slack
from storage.model import Json, Status
from tests.bridge import limits, submissions
from tests.bridge.interactions import ID, interaction, worded
from tests.bridge.kinds.cases import every_example

WHY = {"kind": "approval", "title": "Refund?", "comment": {"deny": "required", "approve": "optional"}, "respond": True}
OPTIONS = [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}, {"id": "c", "label": "C"}]
SEVERAL = {"kind": "choice", "title": "Which?", "options": OPTIONS, "multiple": {"min": 1, "max": 2}}
NAME = {"kind": "text", "title": "Name it", "suggestions": ["Falcon"], "decline": True, "input": {"max_length": 20}}


def accepted(request: Json, choice: str, submitted: Submitted) -> Json | FieldErrors:
    kind = KINDS[request["kind"]]
    return kind.accepted(kind.read(kind.stored(kind.request.model_validate(request))), choice, submitted)


@every_example
def test_every_form_holds_to_the_limits_of_slack(kind: Kind[Any], example: Example) -> None:
    shown = interaction(example.request)
    for choice in shown.forms:
        form = kind.form_of(kind.read(shown.request), choice)
        assert form is not None
        drawn = view.modal(
            form, question=example.request["title"], target=FormTarget(interaction=ID, choice=choice), external_id="x"
        )
        page = view.page("Answered", "Too late.", typed=view.typed(form, submissions.valid(form)))

        assert slack.problems(drawn) == slack.problems(page) == []
        assert example.request["title"] in limits.shown(drawn["blocks"])


@every_example
def test_whatever_a_form_adds_the_answer_stands_as_it_was_stored(kind: Kind[Any], example: Example) -> None:
    shown = interaction(example.request)
    for choice, stored in shown.forms.items():
        answer = worded(shown, choice)["answer"]

        assert {name: answer[name] for name in stored} == stored
        assert answer["approved"] is (choice in ("approve", "edit"))
        assert isinstance(answer["label"], str) and answer["label"]


def test_a_decision_that_requires_a_comment_cannot_be_won_by_a_click_alone() -> None:
    asked = interaction(WHY)

    assert asked.answers.keys() == {"approve"}, "an optional comment can be left out"
    assert asked.forms.keys() == {"approve", "deny", "respond"}


@pytest.mark.parametrize("blank", ["", " \n", "\u200b"])
def test_a_required_comment_cannot_be_left_out(blank: str) -> None:
    given = Submitted(texts={"comment": blank})

    assert accepted(WHY, "deny", given) == FieldErrors(messages={"comment": "Please enter some text."})
    assert isinstance(accepted(WHY, "respond", given), FieldErrors)
    assert accepted(WHY, "approve", given) == {}


def test_a_comment_is_returned_as_it_was_written() -> None:
    words = "  Not today.\n*Sorry* <@U0ANA> \U0001f389 "

    assert accepted(WHY, "deny", Submitted(texts={"comment": words})) == {"comment": words}


def test_selected_options_are_in_the_order_of_the_question() -> None:
    two = accepted(SEVERAL, "selection", Submitted(selected={"options": ["c", "a"]}))

    assert two == {"options": [{"id": "a", "label": "A"}, {"id": "c", "label": "C"}], "label": "A, C"}
    for wrong in ([], ["a", "b", "c"], ["a", "a"], ["d"]):
        assert isinstance(accepted(SEVERAL, "selection", Submitted(selected={"options": wrong})), FieldErrors), wrong
    none = accepted(SEVERAL | {"multiple": {"min": 0}}, "selection", Submitted())
    assert none == {"options": [], "label": "No option"}


def test_a_text_is_returned_as_it_was_written_with_its_beginning_as_label() -> None:
    assert accepted(NAME, "write", Submitted(texts={"text": "Falcon\nII"})) == {
        "text": "Falcon\nII",
        "label": "Falcon II",
    }
    assert isinstance(accepted(NAME, "write", Submitted(texts={"text": "x" * 21})), FieldErrors)
    assert interaction(NAME).answers == {
        "suggestion:0": {"decision": None, "approved": False, "option": None, "label": "Falcon", "text": "Falcon"},
        "decline": {"decision": "decline", "approved": False, "option": None, "label": "Decline"},
    }


@pytest.mark.parametrize(
    ("request_", "choice", "done", "said"),
    [
        (WHY, "deny", "⛔ *Denied* by <@U0ANA>", '💬 <@U0ANA>: “&lt;!here&gt; \u2217Approved\u2217 by "me"”'),
        (
            WHY,
            "respond",
            "💬 *Replied, not approved* by <@U0ANA>",
            '💬 <@U0ANA>: “&lt;!here&gt; \u2217Approved\u2217 by "me"”',
        ),
        (NAME, "write", "✅ *Answered* by <@U0ANA>", "💬 <@U0ANA>: “&lt;!here&gt; \u2217Approved\u2217 b”"),
        (SEVERAL, "selection", "✅ *Answered:* “A” by <@U0ANA>", None),
    ],
)
def test_the_card_quotes_the_words(request_: Json, choice: str, done: str, said: str | None) -> None:
    pending = interaction(request_)
    settled = interaction(request_, status=Status.ANSWERED, **worded(pending, choice, "<!here> *Approved* by “me”"))
    card = KINDS[request_["kind"]].draw(CardView(settled, version=2))

    [state, *rest] = limits.mrkdwn(card.blocks)[1:]
    assert state.startswith(done)
    assert [words for words in rest if words.startswith("💬")] == ([said] if said else [])


def test_a_long_comment_is_cut_with_a_count() -> None:
    asked = interaction(WHY)
    settled = interaction(WHY, status=Status.ANSWERED, **worded(asked, "deny", "x" * 3_000))
    card = KINDS["approval"].draw(CardView(settled, version=2))

    assert "x…” (2,000 more characters)" in limits.words(card)


def test_a_form_shows_the_whole_label_of_an_option_whose_title_is_cut() -> None:
    label = "Back up again, and compare with yesterday"
    options = [{"id": "a", "label": label, "comment": "required"}, {"id": "b", "label": "B", "comment": "optional"}]
    asked = interaction({"kind": "choice", "title": "What now?", "options": options})

    def shown(choice: str) -> tuple[str, str]:
        form = KINDS["choice"].form_of(KINDS["choice"].read(asked.request), choice)
        assert form is not None
        drawn = view.modal(form, question="What now?", target=FormTarget(interaction=ID, choice=choice))
        return drawn["title"]["text"], limits.shown(drawn["blocks"][:1])

    assert shown("a") == (f"{label[:23]}…", f"What now?\n{label}")
    assert shown("b") == ("B", "What now?")


def test_white_space_that_a_card_leaves_out_is_not_counted_as_missing() -> None:
    asked = interaction(WHY)
    settled = interaction(WHY, status=Status.ANSWERED, **worded(asked, "deny", "x\n    y " * 150))

    assert "more characters" not in limits.words(KINDS["approval"].draw(CardView(settled, version=2)))


def test_words_that_are_longer_when_escaped_keep_their_quotation_marks_and_their_count() -> None:
    asked = interaction(WHY)
    settled = interaction(WHY, status=Status.ANSWERED, **worded(asked, "deny", "&" * 3_000))
    card = KINDS["approval"].draw(CardView(settled, version=2))

    [said] = [words for words in limits.mrkdwn(card.blocks) if words.startswith("💬")]
    shown, _, count = said.partition("…” (")
    assert shown.count("&amp;") == 500 and count == "2,500 more characters)"


@pytest.mark.parametrize("label", ["Show all", "show  ALL", "Sh\u043ew all"])
def test_no_button_looks_like_the_one_that_shows_the_full_text(label: str) -> None:
    action = {"name": "apply", "full": "diff\n" * 2_000}
    options = [{"id": "a", "label": label}, {"id": "b", "label": "Do not run"}]
    choice = {"kind": "choice", "title": "Run?", "options": options, "action": action}
    text = {"kind": "text", "title": "Run?", "suggestions": [label], "action": action}

    for request in (choice, text):
        with pytest.raises(ValidationError, match='must not look like the button "Show all" beside it'):
            KINDS[str(request["kind"])].request.model_validate(request)
        KINDS[str(request["kind"])].request.model_validate(request | {"action": {"name": "apply"}})
