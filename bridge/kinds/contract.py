"""The contract of a kind: everything the house needs to know to ask one sort of question.

A kind is one folder in `bridge/kinds`, pure, and one line in its registry; docs/adding-a-kind.md adds one.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bridge.card.frame import CardView, Drawing
from bridge.question import DECIDED, Question
from storage.model import Json

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question of a kind as an agent would send it, without its routing."""

    name: str
    request: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceAnswer:
    """What a choice stands for. It is said by its label: where it is clicked, on the card afterwards, and to agents."""

    label: str
    decision: Literal["approve", "deny"] | None = None
    option: str | None = None

    def stored(self) -> Json:
        """As agents will get it. `approved` is nothing that a kind can say: careless readers rely on it."""
        approved = self.decision == "approve"
        return {"decision": self.decision, "approved": approved, "option": self.option, "label": self.label}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldErrors:
    """What a person has to mend in a form before it can count: a message for each field, by the field's id."""

    messages: dict[str, str]


def _none(_: Question) -> dict[str, ChoiceAnswer]:
    return {}


def _refuse(_: Question, choice: str, __: Json) -> FieldErrors:
    return FieldErrors(messages={choice: "This question takes no words."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Q]):
    """One sort of question, from what an agent may send to what a click means."""

    name: str
    request: type[Q]  # what an agent sends, less the routing
    choices: Callable[[Q], dict[str, ChoiceAnswer]]  # what a bare click can name, and what it then stands for
    card: Callable[[CardView, Q], Drawing]  # for every status, within Slack's limits for every accepted request
    examples: tuple[Example, ...]
    forms: Callable[[Q], dict[str, ChoiceAnswer]] = _none  # what a form completes with words; no bare click wins it
    accept: Callable[[Q, str, Json], Json | FieldErrors] = _refuse  # see `accepted`

    def answers(self, request: Q) -> Json:
        """Each choice and the answer it stands for, as stored with the question: fixed when it is asked."""
        return {choice: answer.stored() for choice, answer in self.choices(request).items()}

    def stored_forms(self, request: Q) -> Json:
        """Each choice that needs words and the answer that they complete, stored beside `answers`."""
        return {choice: answer.stored() for choice, answer in self.forms(request).items()}

    def accepted(self, stored: Json, choice: str, given: Json) -> Json | FieldErrors:
        """What a submission adds to the answer that `choice` stands for, or what a person has to mend in it.

        Runs before the claim, on the request as it was stored, which never changes. What it adds is merged under the
        stored answer, and can override nothing of it.
        """
        return self.accept(self.request.model_validate(stored, extra="ignore"), choice, given)

    def choice_of(self, request: Q, wanted: Json) -> str | None:
        """The choice whose answer says what is wanted, such as {"decision": "deny"}; None when there is none."""
        return next((choice for choice, answer in self.answers(request).items() if answer | wanted == answer), None)

    def stored(self, request: Q) -> Json:
        """The content of the row: the kind's own fields, as JSON, without what was not said."""
        return request.model_dump(mode="json", exclude_none=True, include=set(self.request.model_fields))

    def digest(self, request: Q) -> str:
        """What a person was asked to agree to, as a fingerprint: SHA-256 in hexadecimal.

        Over the JSON object of kind, title, body, action and every field that the kind adds (absent ones left out),
        keys sorted, without spaces, in UTF-8: the same whatever the order in which the fields came, and another one
        when any of them changes.
        """
        added = self.request.model_fields.keys() - Question.model_fields.keys()
        covered = request.model_dump(mode="json", exclude_none=True, include={*DECIDED, *added})
        written = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()

    def draw(self, view: CardView) -> Drawing:
        """The card of a stored interaction.

        What another release stored beside our fields is none of our business: its cards must be drawn all the same.
        """
        return self.card(view, self.request.model_validate(view.interaction.request, extra="ignore"))
