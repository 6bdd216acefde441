"""The contract of a kind: everything the bridge needs to know about one sort of interaction.

A kind is one folder in `bridge/kinds`, pure, and one line in the registry; docs/adding-a-kind.md shows how to add one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bridge.card.frame import CardView, Drawing
from bridge.fields import STORED
from bridge.forms.check import check
from bridge.forms.form import Accepted, FieldErrors, Form, Submitted
from bridge.question import DECIDED, Question
from storage import json_text
from storage.model import Json

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request of a kind as an agent would send it, without recipients and responders."""

    name: str
    request: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceAnswer:
    """The answer that a choice gives; buttons, cards and agents show its `label`."""

    label: str | None  # None: the form of the choice gives it
    decision: Literal["approve", "deny", "respond", "decline"] | None = None
    option: str | None = None
    text: str | None = None  # a text that was suggested by the agent

    def stored(self) -> Json:
        """The answer as agents get it. Derives `approved` from `decision`, so that no kind can set it otherwise."""
        approved = self.decision == "approve"
        stored = {"decision": self.decision, "approved": approved, "option": self.option}
        given = {"label": self.label, "text": self.text}
        return stored | {name: value for name, value in given.items() if value is not None}

    def given(self) -> Json:
        """The answer as `on_expiry` names it: a decision, an option or a text."""
        named = {"decision": self.decision, "option": self.option, "text": self.text}
        return {name: value for name, value in named.items() if value is not None}


def _none(_: Question) -> dict[str, ChoiceAnswer]:
    return {}


def _no_form(_: Question, choice: str) -> Form:
    raise KeyError(choice)


def _refuse(_: Question, choice: str, __: Submitted) -> Accepted:
    return FieldErrors(messages={choice: "This question does not accept text."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Q]):
    """One sort of interaction, from the request of an agent to the meaning of a click."""

    name: str
    request: type[Q]  # what an agent sends, without recipients and responders
    choices: Callable[[Q], dict[str, ChoiceAnswer]]  # the choices that a click alone can answer with
    card: Callable[[CardView, Q], Drawing]  # for every status, within Slack's limits for every accepted request
    examples: tuple[Example, ...]
    forms: Callable[[Q], dict[str, ChoiceAnswer]] = (
        _none  # the choices that need a form; a click alone cannot answer with them
    )
    form: Callable[[Q, str], Form] = _no_form  # the form of each choice of `forms`
    accept: Callable[[Q, str, Submitted], Accepted] = _refuse  # see `accepted`; gets what has passed the form's limits

    def answers(self, request: Q) -> Json:
        """Each choice with its answer, as stored with the interaction, fixed when it is created."""
        return {choice: answer.stored() for choice, answer in self.choices(request).items()}

    def stored_forms(self, request: Q) -> Json:
        """Each choice that needs a form with the answer that the form completes, stored beside `answers`."""
        return {choice: answer.stored() for choice, answer in self.forms(request).items()}

    def form_of(self, request: Q, choice: str) -> Form | None:
        """The form that completes `choice`; None if the request has no such choice, or none that needs a form."""
        return self.form(request, choice) if choice in self.forms(request) else None

    def accepted(self, request: Q, choice: str, submitted: Submitted) -> Accepted:
        """What a submitted form adds to the answer of `choice`, or the errors that refuse the form.

        Runs before the claim, on the stored request, which never changes. The addition is merged under the stored
        answer and cannot override any part of it. Raises KeyError for a choice without a form.
        """
        if (form := self.form_of(request, choice)) is None:
            raise KeyError(choice)
        return check(form, submitted) or self.accept(request, choice, submitted)

    def choice_of(self, request: Q, part: Json) -> str | None:
        """The choice whose answer contains `part`, such as {"decision": "deny"}; None if there is none."""
        return _containing(self.answers(request), part)

    def needs_words(self, request: Q, part: Json) -> bool:
        """Whether an answer that contains `part` is possible, but only with a form."""
        return _containing(self.stored_forms(request), part) is not None and self.choice_of(request, part) is None

    def stored(self, request: Q) -> Json:
        """The request as stored in the row: the kind's fields as JSON, without absent ones."""
        return _dumped(request, set(self.request.model_fields))

    def full_text(self, request: Q) -> str | None:
        """The full text of a new request's action, which is stored beside the request."""
        return request.action.full.text if request.action and request.action.full else None

    def digest(self, request: Q) -> str:
        """A fingerprint of what people agree to: SHA-256 in hexadecimal.

        Covers the JSON object of kind, title, body, action and every field that the kind adds (absent ones left out),
        keys sorted, without spaces, in UTF-8, numbers with all their digits. The full text of the action is in it as
        its size and SHA-256, so that the digest can be computed without the text. The digest does not depend on the
        order of the fields, and differs when any of them changes.
        """
        return digest(self.request, request)

    def draw(self, view: CardView) -> Drawing:
        """The card of a stored interaction; ignores fields that only another release knows."""
        return self.card(view, self.read(view.interaction.request))

    def read(self, stored: Json) -> Q:
        """A stored request, whatever rules were added since it was accepted."""
        return self.request.model_validate(stored, extra="ignore", context=STORED)


def digest(model: type[Question], request: Question) -> str:
    """The digest of a request by the fields of its kind's model; see `Kind.digest`."""
    added = model.model_fields.keys() - Question.model_fields.keys()
    covered = _dumped(request, {*DECIDED, *added})
    covered.get("action", {}).get("full", {}).pop("preview", None)
    written = json_text.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _containing(answers: Json, part: Json) -> str | None:
    return next((choice for choice, answer in answers.items() if answer | part == answer), None)


def _dumped(request: Question, include: set[str]) -> Json:
    """These fields as JSON, without absent ones. JSON of agents stays as it is: pydantic changes nulls and Decimals."""
    dumped = request.model_dump(mode="json", exclude_none=True, include=include)
    dumped |= {name: value for name in include if isinstance(value := getattr(request, name), dict)}
    if request.action:
        dumped["action"]["arguments"] = request.action.arguments
    return dumped
