"""The request of a text: the input, and the texts that the agent suggests."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import texts
from bridge.fields import WHOLE, Line, Strict, Text, is_new
from bridge.forms.form import MAX_LABEL, MAX_PLACEHOLDER, MAX_TEXT
from bridge.question import Question

MAX_SUGGESTIONS = 5
MAX_SUGGESTION = 75  # units: Slack's limit for the text of a button


class Input(Strict):
    """The input in which a person writes."""

    label: Annotated[Line, Field(min_length=1, max_length=MAX_LABEL, description="Shown above the input")] = (
        "Your answer"
    )
    placeholder: (
        Annotated[Line, Field(min_length=1, max_length=MAX_PLACEHOLDER, description="Shown in the empty input")] | None
    ) = None
    initial: Annotated[Text, Field(max_length=MAX_TEXT, description="The text to start from")] | None = None
    multiline: Annotated[bool, Field(description="Whether the text may have several lines")] = True
    min_length: Annotated[int, Field(ge=1, le=MAX_TEXT, description="Characters; an emoji counts as two"), WHOLE] = 1
    max_length: Annotated[int, Field(ge=1, le=MAX_TEXT, description="Characters; an emoji counts as two"), WHOLE] = (
        MAX_TEXT
    )

    @model_validator(mode="after")
    def _possible(self, info: ValidationInfo) -> "Input":
        if not is_new(info):
            return self
        if self.min_length > self.max_length:
            raise PydanticCustomError(
                "input_lengths",
                "must be at most max_length, which is {limit}",
                {"limit": self.max_length, "at": ("min_length",)},
            )
        if self.initial is not None and texts.units(self.initial) > self.max_length:
            raise PydanticCustomError(
                "input_lengths",
                "must have at most max_length characters, which is {limit}; an emoji counts as two",
                {"limit": self.max_length, "at": ("initial",)},
            )
        return self


def _button(text: str) -> str:
    if texts.units(text) > MAX_SUGGESTION:
        raise PydanticCustomError(
            "too_many_units",
            "must have at most {limit} characters, and an emoji counts as two",
            {"limit": MAX_SUGGESTION},
        )
    return text


def _different(suggestions: list[str]) -> list[str]:
    if len({" ".join(text.split()) for text in suggestions}) < len(suggestions):
        raise PydanticCustomError("not_different", "must have different texts")
    return suggestions


class Request(Question):
    """A text that a person writes."""

    kind: Literal["text"]
    input: Annotated[Input, Field(description="The input; may be left out")] = Field(default_factory=Input)
    suggestions: Annotated[
        list[Annotated[Line, Field(min_length=1, max_length=MAX_SUGGESTION), AfterValidator(_button)]],
        Field(max_length=MAX_SUGGESTIONS, description="Texts that one click answers with"),
        AfterValidator(_different),
    ] = Field(default_factory=list)
    decline: Annotated[bool, Field(description="Adds a Decline button: people can refuse to answer")] = False
