import hashlib
from dataclasses import replace
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.card.frame import frame
from bridge.forms.form import Accepted, FieldErrors, Form, Submitted, TextField
from bridge.kinds.approval import KIND
from bridge.kinds.approval.request import Request
from bridge.kinds.contract import ChoiceAnswer, Kind
from bridge.kinds.registry import KINDS


class Routing(BaseModel):
    """Stands for the fields of a request that no kind defines."""

    model_config = ConfigDict(extra="forbid")
    to: str


class Create(Routing, Request):
    """A whole request, as an agent sends it."""


def test_the_registry_is_closed() -> None:
    with pytest.raises(TypeError):
        KINDS["new"] = KIND  # type: ignore[index]  # that is the promise


def test_a_kinds_request_can_be_half_of_a_larger_one() -> None:
    whole = Create.model_validate({"kind": "approval", "title": "Restart?", "to": "C0GENERAL"})

    assert KIND.stored(whole) == {"kind": "approval", "title": "Restart?", "facts": []}
    with pytest.raises(ValidationError, match="Extra inputs"):
        Create.model_validate({"kind": "approval", "title": "Restart?", "to": "C0GENERAL", "too": "C0GENERAL"})


def test_what_a_kind_adds_is_stored_and_covered_by_the_digest() -> None:
    class Rating(Request):
        kind: Literal["rating"]  # type: ignore[assignment]  # a neighbour of approval
        stars: int

    rating = Kind(
        name="rating",
        request=Rating,
        choices=lambda request: {str(n): ChoiceAnswer(label=str(n)) for n in range(request.stars)},
        card=lambda view, asked: frame(view, asked, buttons=[], past={}),
        examples=(),
    )

    asked = Rating(kind="rating", title="How was it?", stars=5)
    assert rating.choice_of(asked, {"label": "4"}) == "4"
    assert rating.choice_of(asked, {"label": "6"}) is None
    assert rating.choice_of(asked, {"option": "4"}) is None
    assert rating.stored(asked)["stars"] == 5
    assert rating.digest(asked) != rating.digest(asked.model_copy(update={"stars": 4}))


def accept(asked: Request, choice: str, given: Submitted) -> Accepted:
    if "later" in given.texts["comment"]:
        return FieldErrors(messages={"comment": f"Say now why you {choice} “{asked.title}”."})
    return {"comment": given.texts["comment"], "approved": True}


WORDED = replace(
    KIND,
    choices=lambda asked: {"approve": KIND.choices(asked)["approve"]},
    forms=lambda asked: {"deny": KIND.choices(asked)["deny"]},
    form=lambda asked, choice: Form(title=f"{choice}: {asked.title}", fields=[TextField(id="comment", label="Why?")]),
    accept=accept,
)


def test_a_choice_that_needs_words_stands_beside_those_of_a_bare_click() -> None:
    asked = Request.model_validate({"kind": "approval", "title": "Restart?"})

    assert WORDED.answers(asked).keys() == {"approve"}
    assert WORDED.stored_forms(asked) == {
        "deny": {"decision": "deny", "approved": False, "option": None, "label": "Deny"}
    }
    assert KIND.stored_forms(asked) == {}, "no kind of ours takes words yet"


def test_what_was_given_completes_an_answer_or_says_what_to_mend() -> None:
    asked = WORDED.read(WORDED.stored(Request.model_validate({"kind": "approval", "title": "Restart?"})))

    assert WORDED.accepted(asked, "deny", Submitted(texts={"comment": " Not now. "})) == {
        "comment": " Not now. ",
        "approved": True,  # the claim merges it under the stored answer, which says false
    }
    later = WORDED.accepted(asked, "deny", Submitted(texts={"comment": "I say it later."}))
    assert later == FieldErrors(messages={"comment": "Say now why you deny “Restart?”."})
    empty = WORDED.accepted(asked, "deny", Submitted())
    assert empty == FieldErrors(messages={"comment": "Please enter some text."}), "the form's own limits come first"


def test_only_a_choice_that_needs_words_has_a_form() -> None:
    asked = WORDED.read(WORDED.stored(Request.model_validate({"kind": "approval", "title": "Restart?"})))

    form = WORDED.form_of(asked, "deny")
    assert form is not None
    assert form.title == "deny: Restart?"
    assert WORDED.form_of(asked, "approve") is None
    assert WORDED.form_of(asked, "burn") is None
    with pytest.raises(KeyError):
        WORDED.accepted(asked, "approve", Submitted(texts={"comment": "yes"}))


def test_a_digest_can_be_computed_by_others() -> None:
    whole = Create.model_validate(
        {
            "kind": "approval",
            "title": "Restart the queue?",
            "body": "Why: é",
            "action": {"name": "run", "arguments": {"b": [1, None], "a": {"d": 1, "c": 2}}},
            "to": "C0GENERAL",
        }
    )
    covered = (
        '{"action":{"arguments":{"a":{"c":2,"d":1},"b":[1,null]},"name":"run"},'
        '"body":"Why: é","kind":"approval","title":"Restart the queue?"}'
    )

    assert KIND.digest(whole) == hashlib.sha256(covered.encode()).hexdigest()
