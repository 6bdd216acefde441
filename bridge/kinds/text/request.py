"""The request of a text: the input, and the texts that the agent suggests."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import labels, texts
from bridge.card.full_preview import SHOW_ALL
from bridge.fields import Line, is_new
from bridge.forms.text_input import Input
from bridge.question import Question

MAX_SUGGESTIONS = 5
MAX_SUGGESTION = 75  # units: Slack's limit for the text of a button
WRITE_LABEL = "Answer"
DECLINE_LABEL = "Decline"


def _different(suggestions: list[str], info: ValidationInfo) -> list[str]:
    labels.unique([*map(labels.visible_form, suggestions)], what="texts", of="suggestions", how="look the same")
    if is_new(info):
        labels.unlike(suggestions, what="texts", of="suggestions")
    return suggestions


class Request(Question):
    """A text that a person writes."""

    kind: Literal["text"]
    input: Annotated[Input, Field(description="The input; may be left out")] = Field(default_factory=Input)
    suggestions: Annotated[
        list[
            Annotated[
                Line,
                Field(min_length=1, max_length=MAX_SUGGESTION),
                AfterValidator(labels.at_most(MAX_SUGGESTION)),
                AfterValidator(labels.visible),
            ]
        ],
        Field(
            max_length=MAX_SUGGESTIONS,
            description="Texts that one click answers with; they must look different and keep to the input's lengths",
        ),
        AfterValidator(_different),
    ] = Field(default_factory=list)
    decline: Annotated[bool, Field(description="Adds a Decline button: people can refuse to answer")] = False

    @model_validator(mode="after")
    def _suggestions_that_could_be_written(self, info: ValidationInfo) -> "Request":
        """Refuse a suggestion that the input would refuse, or that looks like a button of the bridge."""
        if is_new(info):
            for index, text in enumerate(self.suggestions):
                if problem := self._problem(text):
                    at = ("suggestions", index)
                    raise PydanticCustomError("suggestion", "{problem}", {"problem": problem, "at": at})
        return self

    def _problem(self, suggestion: str) -> str | None:
        size = texts.units(suggestion)
        if size > self.input.max_length:
            return f"must have at most {self.input.max_length} characters, which is max_length of the input"
        if size < self.input.min_length:
            return f"must have at least {self.input.min_length} characters, which is min_length of the input"
        buttons = [WRITE_LABEL, *([DECLINE_LABEL] if self.decline else ())]
        if self.action and self.action.full:
            buttons.append(SHOW_ALL)
        return labels.imitated(suggestion, buttons)
