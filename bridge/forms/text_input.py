"""The input in which a person writes a text, as a question asks for it."""

from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import texts
from bridge.fields import WHOLE, Strict, Text, is_new
from bridge.forms.comment import Label, Placeholder
from bridge.forms.form import MAX_TEXT, TextField


class TextInput(Strict):
    """The limits of a text that a person writes, and the looks of its input."""

    placeholder: Placeholder | None = None
    initial: Annotated[Text, Field(max_length=MAX_TEXT, description="The text to start from")] | None = None
    multiline: Annotated[bool, Field(description="Whether the text may have several lines")] = True
    min_length: Annotated[int, Field(ge=1, le=MAX_TEXT, description="Characters; an emoji counts as two"), WHOLE] = 1
    max_length: Annotated[int, Field(ge=1, le=MAX_TEXT, description="Characters; an emoji counts as two"), WHOLE] = (
        MAX_TEXT
    )

    def field(self, id: str, label: str, *, is_required: bool = True) -> TextField:
        """The input with this id and label."""
        return TextField(
            id=id,
            label=label,
            is_required=is_required,
            is_multiline=self.multiline,
            min_length=self.min_length,
            max_length=self.max_length,
            placeholder=self.placeholder,
            initial=self.initial,
        )

    @model_validator(mode="after")
    def _possible(self, info: ValidationInfo) -> "TextInput":
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
        if self.initial is not None and not self.multiline and "\n" in self.initial:
            raise PydanticCustomError(
                "input_lines", 'must be one line, because "multiline" is false', {"at": ("initial",)}
            )
        return self


class Input(TextInput):
    """The input in which a person writes."""

    label: Label = "Your answer"
