"""The comment that a question asks for with a decision, and the field in which a person gives it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bridge.card import labels
from bridge.fields import WHOLE, Line, Strict, is_blank
from bridge.forms.form import MAX_LABEL, MAX_PLACEHOLDER, MAX_TEXT, Submitted, TextField
from storage.model import Json

FIELD = "comment"
_SHORT = {"required": True, "optional": False}

Label = Annotated[
    Line,
    Field(min_length=1, max_length=MAX_LABEL, description="Shown above the input"),
    AfterValidator(labels.at_most(MAX_LABEL)),
]
Placeholder = Annotated[
    Line,
    Field(min_length=1, max_length=MAX_PLACEHOLDER, description="Shown in the empty input"),
    AfterValidator(labels.at_most(MAX_PLACEHOLDER)),
]


class Comment(Strict):
    """A comment with a decision. `"required"` stands for `{"required": true}`, and `"optional"` for `{}`."""

    label: Label = "Comment"
    required: Annotated[bool, Field(description="Whether the decision needs a comment")] = False
    max_length: Annotated[int, Field(ge=1, le=MAX_TEXT, description="Characters; an emoji counts as two"), WHOLE] = (
        MAX_TEXT
    )
    placeholder: Placeholder | None = None

    @property
    def field(self) -> TextField:
        """The input of the comment."""
        return TextField(
            id=FIELD,
            label=self.label,
            is_required=self.required,
            max_length=self.max_length,
            placeholder=self.placeholder,
        )


def _whole_form(value: object) -> object:
    """The object that a short form stands for."""
    if isinstance(value, dict | Comment):
        return value
    if isinstance(value, str) and value in _SHORT:
        return {"required": _SHORT[value]}
    raise PydanticCustomError(
        "comment", 'must be "required", "optional" or an object such as {"label": "Why?", "required": true}'
    )


AskedComment = Annotated[
    Comment, BeforeValidator(_whole_form, json_schema_input_type=Literal["required", "optional"] | Comment)
]


def given(submitted: Submitted) -> Json:
    """What the comment adds to an answer: the person's words, unchanged; nothing if the input was left empty."""
    words = submitted.texts.get(FIELD, "")
    return {} if is_blank(words) else {"comment": words}
