"""The request of a choice: its options and their limits."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bridge import exact_text, question
from bridge.card import blocks, content, labels, texts
from bridge.card.full_preview import SHOW_ALL
from bridge.fields import WHOLE, Line, Strict, Words, is_new
from bridge.forms.comment import AskedComment
from bridge.question import Question

MAX_OPTIONS = 100  # Slack's limit for one select
MAX_BUTTONS = 5  # with more options, the card has a menu and a Submit button
MAX_LABEL = blocks.MAX_BUTTON
MAX_CONFIRM = blocks.MAX_CONFIRM
_IN_A_FORM = "people select the options in a form, so they have no buttons; leave it out"
_IN_A_MENU = f"they are a menu and have no buttons; leave it out, or offer at most {MAX_BUTTONS} options"
MAX_TOGETHER = 10_000  # units; leaves space for the bridge's own lines and for mentions
OPTION_ID = r"^[A-Za-z0-9_.:/@+-]{1,100}$"


class Option(Strict):
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
            max_length=MAX_LABEL,
            description="The text of the button; labels must look different, and an emoji counts as two characters",
        ),
        AfterValidator(labels.at_most(MAX_LABEL)),
        AfterValidator(labels.visible),
    ]
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


class Multiple(Strict):
    """How many options a person may select."""

    min: Annotated[int, Field(ge=0, le=MAX_OPTIONS, description="With 0, people can submit none"), WHOLE] = 1
    max: Annotated[int, Field(ge=1, le=MAX_OPTIONS, description="By default, all of them"), WHOLE] | None = None


def _different(options: list[Option], info: ValidationInfo) -> list[Option]:
    labels.unique([option.id for option in options], what="ids", of="options", how="are the same")
    shown = [option.label for option in options]
    labels.unique([*map(labels.visible_form, shown)], what="labels", of="options", how="look the same")
    if is_new(info):
        labels.unlike(shown, what="labels", of="options")
    return options


def _an_object(multiple: object) -> object:
    if multiple is not None and not isinstance(multiple, dict | Multiple):
        raise PydanticCustomError("multiple", 'must be an object: {} or with limits, such as {"min": 1, "max": 3}')
    return multiple


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
        BeforeValidator(_an_object, json_schema_input_type=Multiple | None),
    ] = None

    @field_validator("multiple")
    @classmethod
    def _possible(cls, multiple: Multiple | None, info: ValidationInfo) -> Multiple | None:
        """`options` was validated before, so it is known here unless it was invalid."""
        options: list[Option] | None = info.data.get("options")
        if multiple is None or options is None:
            return multiple
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
    shown = [request.title, *(option.label for option in request.options)]
    if len(request.options) <= MAX_BUTTONS:
        # Again: a label too long for a button is also listed, and a label with a confirmation is quoted in its dialog.
        shown += [text for option in request.options for text in (option.label, option.confirm or option.label)]
    if request.action:
        shown += [exact_text.name(request.action.name), question.pretty(request.action.arguments)]
    for fact in request.facts:
        shown += [fact.name, texts.head(fact.value, content.MIN_FACT)]
    if agent := request.agent:
        address = blocks.escape(str(agent.url)) if agent.url else ""
        shown += [agent.name or "", agent.run or "", texts.head(address, blocks.MAX_TEXT)]
    return sum(texts.units(text) for text in shown)
