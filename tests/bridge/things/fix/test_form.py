"""The forms of a fix: valid for Slack, and what they give."""

import pytest

from bridge.forms import view
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import FieldErrors, Submitted
from bridge.things.contract import Refusal
from bridge.things.fix import form, people
from bridge.things.fix.row import Outcome
from sandbox.slack.validator import view as validator
from storage.model import Json
from tests.bridge.things.fix.building import judged, locked
from tests.bridge.things.samples import ANA, ROUND, later

FORMS = [form.FAILED, form.PARTIAL, form.PENDING, form.REASON, form.CORRECT]


@pytest.mark.parametrize("move", FORMS)
def test_every_form_is_valid_for_slack(move: str) -> None:
    target = FormTarget(interaction=ROUND, choice=move, channel="C0OPS", ts="1763719200.000100")

    assert validator.problems(view.modal(form.form(move, {}, ()), question="Restart the workers", target=target)) == []


@pytest.mark.parametrize(
    ("move", "submitted", "given"),
    [
        ("failed", Submitted(texts={"words": "It hangs."}), {"words": "It hangs."}),
        ("pending", Submitted(texts={"words": "The run."}), {"words": "The run.", "remind_in": 86_400}),
        (
            "reason",
            Submitted(texts={"words": "The run."}, selected={"remind_in": ["3600"]}),
            {"words": "The run.", "remind_in": 3_600},
        ),
        ("reason", Submitted(texts={"words": "The run."}), {"words": "The run.", "remind_in": 86_400}),
        (
            "correct",
            Submitted(texts={"words": " "}, selected={"outcome": ["applied_success"]}),
            {"outcome": "applied_success"},
        ),
        (
            "correct",
            Submitted(texts={"words": "No."}, selected={"outcome": ["applied_failed"]}),
            {"outcome": "applied_failed", "words": "No."},
        ),
    ],
)
def test_what_is_given(move: str, submitted: Submitted, given: Json) -> None:
    assert check(form.form(move, {}, ()), submitted) is None
    assert form.accept(move, submitted) == given


def test_a_correction_needs_words_unless_it_worked_and_another_outcome() -> None:
    found = form.accept("correct", Submitted(texts={"words": ""}, selected={"outcome": ["applied_failed"]}))
    assert isinstance(found, FieldErrors) and found.messages.keys() == {"words"}
    for move in ("failed", "partial", "pending", "reason"):
        assert check(form.form(move, {}, ()), Submitted(texts={"words": " "})) is not None

    refusal = people.guard(locked(judged(Outcome.FAILED)), "correct", {"outcome": "applied_failed", "words": "x"})
    assert isinstance(refusal, Refusal) and refusal.field == "outcome"


def test_a_correction_is_the_outcome_from_then_on() -> None:
    given = {"outcome": "applied_pending", "words": "Too early."}

    after = people.move(locked(judged(Outcome.SUCCESS), at=later(9)), "correct", given, ANA).row

    assert (after.outcome, after.waiting_on, after.verified_at) == ("applied_pending", "Too early.", None)
