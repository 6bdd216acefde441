"""The request of a choice: its options and their limits."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import blocks, content, labels, texts
from bridge.card.content import MAX_TOGETHER
from bridge.card.full_preview import SHOW_ALL
from bridge.fields import Words, is_new
from bridge.forms.comment import AskedComment
from bridge.forms.form import MAX_OPTIONS
from bridge.forms.options import Multiple, PlainOption, an_object, different, possible
from bridge.question import Question

MAX_BUTTONS = 5  # with more options, the card has a menu and a Submit button
MAX_CONFIRM = blocks.MAX_CONFIRM
_IN_A_FORM = "people select the options in a form, so they have no buttons; leave it out"
_IN_A_MENU = f"they are a menu and have no buttons; leave it out, or offer at most {MAX_BUTTONS} options"


class Option(PlainOption):
    """One thing that can be chosen, with what its button needs."""

    style: Annotated[
        Literal["primary", "danger"] | None,
        Field(
            description="The colour of the button; `danger` also asks for confirmation. "
            f"From {MAX_BUTTONS + 1} options on, a menu replaces the buttons and has no colours"
        ),
    ] = None
    confirm: Annotated[
        Annotated[Words, Field(min_length=1, max_length=MAX_CONFIRM), AfterValidator(labels.at_most(MAX_CONFIRM))]
        | None,
        Field(
            description="The text of a confirmation dialog before the answer is submitted. "
            f"From {MAX_BUTTONS + 1} options on, one dialog of the Submit button quotes as many texts as fit, "
            "whatever is selected"
        ),
    ] = None
    comment: Annotated[
        AskedComment | None,
        Field(description=f'`"required"` or `"optional"`: asks for words with this option, of at most {MAX_BUTTONS}'),
    ] = None


def _different(options: list[Option], info: ValidationInfo) -> list[Option]:
    different(options, info)
    return options


class Request(Question):
    """One of several options."""

    kind: Literal["choice"]
    options: Annotated[
        list[Option],
        Field(
            min_length=2,
            max_length=MAX_OPTIONS,
            description=f"The options. Up to {MAX_BUTTONS} are buttons; more are a menu with a Submit button. "
            f"Title, options, action, facts and agent may have {MAX_TOGETHER} characters together",
        ),
        AfterValidator(_different),
    ]
    multiple: Annotated[
        Multiple | None,
        Field(description="Lets people select several options, in a form: `{}` or with limits"),
        BeforeValidator(an_object, json_schema_input_type=Multiple | None),
    ] = None

    @field_validator("multiple")
    @classmethod
    def _possible(cls, multiple: Multiple | None, info: ValidationInfo) -> Multiple | None:
        """`options` was validated before, so it is known here unless it was invalid."""
        options: list[Option] | None = info.data.get("options")
        return multiple if multiple is None or options is None else possible(multiple, options)

    @model_validator(mode="after")
    def _only_what_has_a_button(self) -> "Request":
        """Refuse what cannot be shown: a form of several options has no buttons, and neither has a long list."""
        names: tuple[str, ...]
        if self.multiple:
            names, why = ("comment", "confirm", "style"), f'together with "multiple": {_IN_A_FORM}'
        elif len(self.options) > MAX_BUTTONS:
            names, why = ("comment",), f"with more than {MAX_BUTTONS} options: {_IN_A_MENU}"
        else:
            return self
        for index, option in enumerate(self.options):
            for name in names:
                if getattr(option, name) is not None:
                    at = ("options", index, name)
                    raise PydanticCustomError("no_button", "cannot be used {why}", {"why": why, "at": at})
        return self

    @model_validator(mode="after")
    def _unlike_the_button_of_the_full_text(self, info: ValidationInfo) -> "Request":
        """Refuse a button on which people would click to read the full text, and that answers."""
        if is_new(info) and self.action and self.action.full and len(self.options) <= MAX_BUTTONS:
            for index, option in enumerate(self.options):
                if problem := labels.imitated(option.label, [SHOW_ALL]):
                    at = ("options", index, "label")
                    raise PydanticCustomError("look_alike", "{problem}", {"problem": problem, "at": at})
        return self

    @model_validator(mode="after")
    def _short_enough_for_one_card(self, info: ValidationInfo) -> "Request":
        """A body is shortened to fit; everything else must fit into one message together with the options."""
        if is_new(info) and (size := _shown(self)) > MAX_TOGETHER:
            raise PydanticCustomError(
                "choice_too_long",
                "is too long for one card: title, options, action, facts and agent may have {limit} "
                "characters together; they have {size}",
                {"limit": MAX_TOGETHER, "size": size},
            )
        return self


def _shown(request: Request) -> int:
    """The units of a message that the parts take which are never shortened."""
    shown = [option.label for option in request.options]
    if len(request.options) <= MAX_BUTTONS:
        # Again: a label too long for a button is also listed, and a label with a confirmation is quoted in its dialog.
        shown += [text for option in request.options for text in (option.label, option.confirm or option.label)]
    return content.unshortened(request) + sum(texts.units(text) for text in shown)
