"""What an agent sends to have one of several options chosen."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge import question
from bridge.card import blocks, content, texts
from bridge.fields import BLANK, INVISIBLE, Line, Strict, Words
from bridge.question import Question

MOST_OPTIONS = 100  # what one select of Slack's takes
MOST_BUTTONS = 5  # with more options than this, people get a select
MOST_LABEL = blocks.MOST_BUTTON
MOST_CONFIRM = blocks.MOST_CONFIRM
MOST_TOGETHER = 10_000  # leaves room for what is ours on a card, and for people to be mentioned


def _at_most(most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if texts.units(text) > most:
            raise PydanticCustomError(
                "too_many_units", "must have at most {most} characters, and an emoji counts as two", {"most": most}
            )
        return text

    return check


def looks(label: str) -> str:
    """What people can see of a label; two labels that look the same cannot be told apart."""
    return " ".join(unicodedata.normalize("NFC", BLANK.sub("", INVISIBLE.sub("", label))).split())


def _visible(label: str) -> str:
    if not looks(label):
        raise PydanticCustomError("blank", "must contain something that can be seen")
    return label


OPTION_ID = r"^[A-Za-z0-9_.:/@+-]{1,100}$"


class Option(Strict):
    """One thing that can be chosen."""

    id: Annotated[
        str,
        Field(
            pattern=OPTION_ID,
            description="What the answer names: letters, digits and `_ . : / @ + -`; each must be different",
        ),
    ]
    label: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=MOST_LABEL,
            description="What people see; all must look different, and an emoji counts as two characters",
        ),
        AfterValidator(_at_most(MOST_LABEL)),
        AfterValidator(_visible),
    ]
    style: Annotated[
        Literal["primary", "danger"] | None,
        Field(
            description="The colour of the button; `danger` also asks to confirm. "
            f"From {MOST_BUTTONS + 1} options on they have no colours"
        ),
    ] = None
    confirm: Annotated[
        Annotated[Words, Field(min_length=1, max_length=MOST_CONFIRM), AfterValidator(_at_most(MOST_CONFIRM))] | None,
        Field(
            description="Asked before the click counts. "
            f"From {MOST_BUTTONS + 1} options on one dialog asks for all of them, and quotes what fits"
        ),
    ] = None


def _different(options: list[Option]) -> list[Option]:
    _unique([option.id for option in options], "ids", "are the same")
    _unique([looks(option.label) for option in options], "labels", "look the same")
    return options


def _unique(values: Sequence[str], what: str, how: str) -> None:
    first: dict[str, int] = {}
    for place, value in enumerate(values):
        if (earlier := first.setdefault(value, place)) != place:
            raise PydanticCustomError(
                "not_different",
                "must have different {what}; those of options {earlier} and {place}, counted from 0, {how}",
                {"what": what, "how": how, "earlier": earlier, "place": place},
            )


class Request(Question):
    """One of several options."""

    kind: Literal["choice"]
    options: Annotated[
        list[Option],
        Field(
            min_length=2,
            max_length=MOST_OPTIONS,
            description=f"What can be chosen. Up to {MOST_BUTTONS} are buttons, more a select that asks to confirm. "
            f"Title, options, action, facts and agent may have {MOST_TOGETHER} characters together",
        ),
        AfterValidator(_different),
    ]

    @model_validator(mode="after")
    def _short_enough_for_one_card(self) -> "Request":
        """A body is shortened to what fits; everything else must stand beside the options, on one message."""
        if (size := _shown(self)) > MOST_TOGETHER:
            raise PydanticCustomError(
                "choice_too_long",
                "has more than one card can show: title, options, action, facts and agent may have {most} "
                "characters together; they have {size}",
                {"most": MOST_TOGETHER, "size": size},
            )
        return self


def _shown(asked: Request) -> int:
    """How much of a message is taken by what is never left out, in the units in which Slack may count it."""
    shown = [asked.title, *(option.label for option in asked.options)]
    if len(asked.options) <= MOST_BUTTONS:
        # Twice: a label too long for a button is also listed, and one to be confirmed is quoted in its dialog.
        shown += [text for option in asked.options for text in (option.label, option.confirm or option.label)]
    if asked.action:
        shown += [question.spelled(asked.action.name), question.pretty(asked.action.arguments)]
    for fact in asked.facts:
        shown += [fact.name, texts.head(fact.value, content.LEAST_FACT)]
    if agent := asked.agent:
        address = blocks.escape(str(agent.url)) if agent.url else ""
        shown += [agent.name or "", agent.run or "", texts.head(address, blocks.MOST_TEXT)]
    return sum(texts.units(text) for text in shown)
