"""The forms of an incident: valid for Slack, and what they give."""

import pytest

from bridge.forms import view
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import Submitted
from bridge.things.incident import form, people
from bridge.things.incident.request import MAX_MESSAGE
from sandbox.slack.validator import view as validator
from storage.model import Json
from tests.bridge.things.samples import ROUND

WITH_FORM = sorted({name for moves in people.MOVES.values() for name, move in moves.items() if move.has_form})


@pytest.mark.parametrize("move", WITH_FORM)
def test_every_form_is_valid_for_slack(move: str) -> None:
    target = FormTarget(interaction=ROUND, choice=move, channel="C0OPS", ts="1763719200.000100")

    assert validator.problems(view.modal(form.form(move, {}, ()), question="Checkout is slow", target=target)) == []


def test_the_severity_is_one_of_a_menu() -> None:
    target = FormTarget(interaction=ROUND, choice="severity", channel="C0OPS", ts="1763719200.000100")
    shown = view.modal(form.form("severity", {}, ()), question="Checkout is slow", target=target)

    [menu] = [block["element"] for block in shown["blocks"] if block.get("element", {}).get("type") == "static_select"]
    assert [option["text"]["text"] for option in menu["options"]] == ["Minor", "Major", "Critical"]


@pytest.mark.parametrize(
    ("move", "submitted", "given"),
    [
        ("resolved", Submitted(texts={"message": "Over."}), {"message": "Over."}),
        ("resolved", Submitted(texts={"message": " \n"}), {}),
        ("resolved", Submitted(), {}),
        ("severity", Submitted(selected={"severity": ["major"]}), {"severity": "major"}),
        (
            "severity",
            Submitted(texts={"message": "Worse."}, selected={"severity": ["critical"]}),
            {"severity": "critical", "message": "Worse."},
        ),
        ("update", Submitted(texts={"message": "Rolled back."}), {"message": "Rolled back."}),
    ],
)
def test_what_is_given(move: str, submitted: Submitted, given: Json) -> None:
    assert check(form.form(move, {}, ()), submitted) is None
    assert form.accept(move, submitted) == given


@pytest.mark.parametrize(
    ("move", "submitted", "field"),
    [
        ("severity", Submitted(), "severity"),
        ("severity", Submitted(selected={"severity": ["huge"]}), "severity"),
        ("severity", Submitted(selected={"severity": ["minor", "major"]}), "severity"),
        ("update", Submitted(), "message"),
        ("update", Submitted(texts={"message": "\u200b"}), "message"),
        ("resolved", Submitted(texts={"message": "x" * (MAX_MESSAGE + 1)}), "message"),
        ("resolved", Submitted(texts={"message": "x\x00"}), "message"),
    ],
)
def test_what_is_to_be_corrected(move: str, submitted: Submitted, field: str) -> None:
    mistakes = check(form.form(move, {}, ()), submitted)

    assert mistakes is not None and mistakes.messages.keys() == {field}


def test_a_move_without_a_form_has_none() -> None:
    with pytest.raises(KeyError):
        form.form("fixing", {}, ())
