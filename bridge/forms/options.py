"""The options that a question offers: their ids, their labels, and how many of them a person may select."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from bridge.card import blocks, labels
from bridge.fields import WHOLE, Line, Strict, is_new
from bridge.forms.form import MAX_OPTIONS, OptionsField

MAX_OPTION_LABEL = blocks.MAX_BUTTON
OPTION_ID = r"^[A-Za-z0-9_.:/@+-]{1,100}$"


class PlainOption(Strict):
    """One thing that can be chosen."""

    id: Annotated[
        str,
        Field(
            pattern=OPTION_ID,
            description="The value in the answer: letters, digits and `_ . : / @ + -`; unique in the question",
        ),
    ]
    label: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=MAX_OPTION_LABEL,
            description="What people see; labels must look different, and an emoji counts as two characters",
        ),
        AfterValidator(labels.at_most(MAX_OPTION_LABEL)),
        AfterValidator(labels.visible),
    ]


class Multiple(Strict):
    """How many options a person may select."""

    min: Annotated[int, Field(ge=0, le=MAX_OPTIONS, description="With 0, people can submit none"), WHOLE] = 1
    max: Annotated[int, Field(ge=1, le=MAX_OPTIONS, description="By default, all of them"), WHOLE] | None = None


def different(options: Sequence[PlainOption], info: ValidationInfo) -> None:
    """Refuse options with the same id, and those that people may take for one another."""
    labels.unique([option.id for option in options], what="ids", of="options", how="are the same")
    shown = [option.label for option in options]
    labels.unique([*map(labels.visible_form, shown)], what="labels", of="options", how="look the same")
    if is_new(info):
        labels.unlike(shown, what="labels", of="options")


def an_object(multiple: object) -> object:
    """A validator that refuses what is no object, in place of an error for each field."""
    if multiple is not None and not isinstance(multiple, dict | Multiple):
        raise PydanticCustomError("multiple", 'must be an object: {} or with limits, such as {"min": 1, "max": 3}')
    return multiple


def possible(multiple: Multiple, options: Sequence[PlainOption]) -> Multiple:
    """A validator that refuses limits to which no selection of these options can keep."""
    most = len(options) if multiple.max is None else multiple.max
    if most > len(options):
        raise PydanticCustomError(
            "multiple",
            "must be at most the number of options, which is {limit}",
            {"limit": len(options), "at": ("max",)},
        )
    if multiple.min > most:
        raise PydanticCustomError(
            "multiple",
            "must be at most {limit}, as many options as can be selected",
            {"limit": most, "at": ("min",)},
        )
    return multiple


def selection(field: str, label: str, options: Sequence[PlainOption], limits: Multiple) -> OptionsField:
    """The input with this id in which a person selects as many options as the limits allow."""
    return OptionsField(
        id=field,
        label=label,
        options={option.id: option.label for option in options},
        min_selected=limits.min,
        max_selected=len(options) if limits.max is None else limits.max,
    )
