"""The request of a choice: its options and their limits."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bridge import exact_text, lookalikes, question
from bridge.card import blocks, content, texts
from bridge.fields import BLANK, INVISIBLE, WHOLE, Line, Strict, Words, is_new
from bridge.forms.comment import AskedComment
from bridge.question import Question

MAX_OPTIONS = 100  # Slack's limit for one select
MAX_BUTTONS = 5  # with more options, the card has a menu and a Submit button
MAX_LABEL = blocks.MAX_BUTTON
MAX_CONFIRM = blocks.MAX_CONFIRM
MAX_TOGETHER = 10_000  # units; leaves space for the bridge's own lines and for mentions


def _at_most(limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if texts.units(text) > limit:
            raise PydanticCustomError(
                "too_many_units", "must have at most {limit} characters, and an emoji counts as two", {"limit": limit}
            )
        return text

    return check


def visible_form(label: str) -> str:
    """The visible part of a label; people cannot distinguish labels with the same visible form."""
    return " ".join(unicodedata.normalize("NFC", BLANK.sub("", INVISIBLE.sub("", label))).split())


def _visible(label: str) -> str:
    if not visible_form(label):
        raise PydanticCustomError("blank", "must contain a visible character")
    return label


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
        AfterValidator(_at_most(MAX_LABEL)),
        AfterValidator(_visible),
    ]
    style: Annotated[
        Literal["primary", "danger"] | None,
        Field(
            description="The colour of the button; `danger` also asks for confirmation. "
            f"From {MAX_BUTTONS + 1} options on, a menu replaces the buttons and has no colours"
        ),
    ] = None
    confirm: Annotated[
        Annotated[Words, Field(min_length=1, max_length=MAX_CONFIRM), AfterValidator(_at_most(MAX_CONFIRM))] | None,
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
    _unique([option.id for option in options], "ids", "are the same")
    labels = [visible_form(option.label) for option in options]
    _unique(labels, "labels", "look the same")
    if is_new(info):
        _unlike([visible_form(texts.visible(option.label)) for option in options])
    return options


def _unlike(labels: Sequence[str]) -> None:
    """Refuse labels that people may take for one another, such as one that has a letter of another script."""
    same: defaultdict[str, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        group = same[lookalikes.skeleton(label)]
        for earlier in group:
            if lookalikes.alike(labels[earlier], label):
                raise PydanticCustomError(
                    "look_alike",
                    "must have labels that look different; those of options {earlier} and {index}, counted from 0, "
                    "look alike: {one} and {other}",
                    {"earlier": earlier, "index": index, "one": _named(labels[earlier]), "other": _named(label)},
                )
        group.append(index)


def _named(label: str) -> str:
    """A label for an error, with escapes for what makes it look like another."""
    return f'"{exact_text.name(label)}"'


def _unique(values: Sequence[str], what: str, how: str) -> None:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if (earlier := first.setdefault(value, index)) != index:
            raise PydanticCustomError(
                "not_different",
                "must have different {what}; those of options {earlier} and {index}, counted from 0, {how}",
                {"what": what, "how": how, "earlier": earlier, "index": index},
            )


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
        Multiple | None, Field(description="Lets people select several options, in a form: `{}` or with limits")
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
    def _words_where_there_is_a_button(self) -> "Request":
        """Refuse what cannot be shown: a form of several options has no buttons, and neither has a long list."""
        for index, option in enumerate(self.options):
            for name in ("comment", "confirm", "style") if self.multiple else ("comment",):
                if getattr(option, name) is not None and (self.multiple or len(self.options) > MAX_BUTTONS):
                    raise PydanticCustomError(
                        "no_button",
                        "cannot be used {where}, because its options have no buttons",
                        {
                            "where": 'together with "multiple"'
                            if self.multiple
                            else f"with more than {MAX_BUTTONS} options",
                            "at": ("options", index, name),
                        },
                    )
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
