"""The bodies that agents send about fixes: what is taken, and what is refused with the place and the remedy."""

from typing import Any

import pytest

from bridge.agents.http import problems, validation_errors
from bridge.fields import Strict
from bridge.things.fix.examples import EXAMPLES
from bridge.things.fix.request import Judge, Propose, ProposeOutcome
from storage.model import Json
from tests.bridge.things.fix.building import BODY, propose


def refused(model: type[Strict], body: Json) -> dict[str, str]:
    """The mistakes of a body, by their pointers."""
    with pytest.raises(problems.ApiProblem) as raised:
        validation_errors.validate(model, body)
    return dict(raised.value.errors)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_is_taken(example: Any) -> None:
    fields = {name: value for name, value in example.request.items() if name in Propose.model_fields}
    assert validation_errors.validate(Propose, fields).title


def test_null_is_the_same_as_left_out() -> None:
    assert propose(**dict.fromkeys(Propose.model_fields.keys() - BODY.keys())) == propose()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": "x" * 201}, "/title"),
        ({"session": ""}, "/session"),
        ({"script": "x" * 751}, "/script"),
        ({"confidence": 101}, "/confidence"),
        ({"confidence": -1}, "/confidence"),
        ({"confidence": 0.5}, "/confidence"),
        ({"template": {"id": "x"}, "script": "y"}, "/script"),
        ({"parameters": {"size": 1}}, "/parameters"),
        ({"parameters": {"size": 1}, "template": {"id": "x"}}, "/parameters"),
        ({"script": "x", "parameters": {"size": "x" * 4_096}}, "/parameters"),
        ({"outcome": "applied_success"}, "/outcome"),
    ],
)
def test_a_bad_field_of_a_proposal_is_named(changes: Json, pointer: str) -> None:
    assert refused(Propose, BODY | changes).keys() == {pointer}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/outcome"),
        ({"outcome": "proposed"}, "/outcome"),
        ({"outcome": "applied_failed"}, "/reason"),
        ({"outcome": "applied_pending"}, "/reason"),
        ({"outcome": "applied_partial"}, "/notes"),
        ({"outcome": "applied_partial", "notes": "x", "reason": "y"}, "/reason"),
        ({"outcome": "applied_success", "notes": "x"}, "/notes"),
        ({"remind_in": 60, "reason": "x"}, "/reason"),
        ({"remind_in": 59}, "/remind_in"),
        ({"outcome": "applied_success", "remind_in": 60}, "/remind_in"),
        ({"outcome": "applied_partial", "notes": "x", "remind_in": 60}, "/remind_in"),
        ({"outcome": "applied_failed", "reason": " "}, "/reason"),
    ],
)
def test_a_bad_field_of_an_outcome_is_named(body: Json, pointer: str) -> None:
    assert refused(Judge, body).keys() == {pointer}


def test_each_outcome_is_taken_with_its_words() -> None:
    for body in (
        {"outcome": "applied_success"},
        {"outcome": "applied_success", "reason": "Error rate 0."},
        {"outcome": "applied_failed", "reason": "It hangs."},
        {"outcome": "applied_pending", "reason": "The run.", "remind_in": 3_600},
        {"outcome": "applied_partial", "notes": "Half."},
        {"outcome": "dismissed"},
        {"remind_in": 3_600.0},
    ):
        sent = validation_errors.validate(Judge, body)
        assert sent.model_dump(exclude_unset=True) == body


def test_a_proposed_outcome_is_an_applied_one_and_says_why() -> None:
    assert refused(ProposeOutcome, {"outcome": "dismissed"}).keys() == {"/outcome"}
    assert refused(ProposeOutcome, {"outcome": "applied_failed"}).keys() == {"/reason"}
    assert ProposeOutcome.model_validate({"outcome": "applied_success", "evidence": {"rate": 1}}).reason is None
