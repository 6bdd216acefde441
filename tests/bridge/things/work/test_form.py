"""The forms of a work item: valid for Slack, and what they give."""

import pytest

from bridge.forms import view
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import Submitted
from bridge.things.work import form
from sandbox.slack.validator import view as validator
from storage.model import Json
from tests.bridge.things.samples import ROUND


@pytest.mark.parametrize("move", ["done", "blocked"])
def test_every_form_is_valid_for_slack(move: str) -> None:
    target = FormTarget(interaction=ROUND, choice=move, channel="C0OPS", ts="1763719200.000100")

    shown = view.modal(form.form(move, {}, ()), question="Import the customers", target=target)
    assert validator.problems(shown) == []


@pytest.mark.parametrize(
    ("move", "submitted", "given"),
    [
        ("done", Submitted(texts={"result": "48,210 rows."}), {"result": "48,210 rows."}),
        ("done", Submitted(texts={"result": " \n"}), {}),
        ("done", Submitted(), {}),
        ("blocked", Submitted(texts={"reason": "No access."}), {"reason": "No access."}),
    ],
)
def test_what_is_given(move: str, submitted: Submitted, given: Json) -> None:
    assert check(form.form(move, {}, ()), submitted) is None
    assert form.accept(move, submitted) == given


def test_what_blocks_it_has_to_be_said_and_both_have_a_limit() -> None:
    for words in ("", " ", "x" * 1_001):
        assert check(form.form("blocked", {}, ()), Submitted(texts={"reason": words})) is not None
    assert check(form.form("done", {}, ()), Submitted(texts={"result": "x" * 3_001})) is not None


@pytest.mark.parametrize("move", ["take", "keep"])
def test_other_moves_have_no_form(move: str) -> None:
    with pytest.raises(KeyError):
        form.form(move, {}, ())
