"""The request of several questions: each has options, or an input for a text."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import content, labels, texts
from bridge.card.content import MAX_TOGETHER
from bridge.fields import Line, Strict, is_new
from bridge.forms.form import MAX_LABEL, MAX_OPTIONS
from bridge.forms.options import OPTION_ID, Multiple, PlainOption, an_object, different, possible
from bridge.forms.text_input import TextInput
from bridge.question import Question

MAX_QUESTIONS = 4
MAX_LISTED = 5  # options of one question that the card lists; with more, only the form shows them
ANSWER_LABEL = "Answer"
DECLINE_LABEL = "Decline"


def _different_options(options: list[PlainOption], info: ValidationInfo) -> list[PlainOption]:
    different(options, info)
    return options


class AskedQuestion(Strict):
    """One of the questions: a choice if it has `options`, else a text."""

    id: Annotated[
        str,
        Field(
            pattern=OPTION_ID,
            description="The name of its answer in `answers`: letters, digits and `_ . : / @ + -`; unique in the list",
        ),
    ]
    title: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=MAX_LABEL,
            description="The question; titles must look different, and an emoji counts as two characters",
        ),
        AfterValidator(labels.at_most(MAX_LABEL)),
        AfterValidator(labels.visible),
    ]
    options: (
        Annotated[
            list[PlainOption],
            Field(min_length=2, max_length=MAX_OPTIONS, description="What can be chosen; without options, a text"),
            AfterValidator(_different_options),
        ]
        | None
    ) = None
    multiple: Annotated[
        Multiple | None,
        Field(description="Lets people select several of the options: `{}` or with limits"),
        BeforeValidator(an_object, json_schema_input_type=Multiple | None),
    ] = None
    input: Annotated[TextInput | None, Field(description="What the input of a text is like; may be left out")] = None
    required: Annotated[bool, Field(description="With false, people can leave the question out")] = True

    @model_validator(mode="after")
    def _of_one_sort(self) -> "AskedQuestion":
        if self.options is None and self.multiple is not None:
            raise _refused("multiple", 'must have "options" beside it')
        if self.options is not None and self.input is not None:
            raise _refused("input", 'cannot be used together with "options": a question is a choice or a text')
        if self.options is not None and self.multiple is not None:
            try:
                possible(self.multiple, self.options)
            except PydanticCustomError as error:
                place = ("multiple", *(error.context or {})["at"])
                raise _refused(place, error.message()) from None
            if not self.required:
                raise _refused("required", 'cannot be false together with "multiple": use {"min": 0}')
        return self


def _refused(at: str | tuple[str, ...], words: str) -> PydanticCustomError:
    place = (at,) if isinstance(at, str) else at
    return PydanticCustomError("asked_question", "{words}", {"words": words, "at": place})


def _different(questions: list[AskedQuestion], info: ValidationInfo) -> list[AskedQuestion]:
    labels.unique([question.id for question in questions], what="ids", of="questions", how="are the same")
    shown = [question.title for question in questions]
    labels.unique([*map(labels.visible_form, shown)], what="titles", of="questions", how="look the same")
    if is_new(info):
        labels.unlike(shown, what="titles", of="questions")
    return questions


class Request(Question):
    """Several questions at once."""

    kind: Literal["questions"]
    questions: Annotated[
        list[AskedQuestion],
        Field(
            min_length=1,
            max_length=MAX_QUESTIONS,
            description="What people answer in one form. Titles, listed options, action, facts and agent may have "
            f"{MAX_TOGETHER} characters together",
        ),
        AfterValidator(_different),
    ]
    decline: Annotated[bool, Field(description="Adds a Decline button: people can refuse to answer")] = False

    @model_validator(mode="after")
    def _short_enough_for_one_card(self, info: ValidationInfo) -> "Request":
        """A body is shortened to fit; everything else must fit into one message together with the questions."""
        size = content.unshortened(self) + sum(texts.units(line) for line in listed(self))
        if is_new(info) and size > MAX_TOGETHER:
            raise PydanticCustomError(
                "questions_too_long",
                "is too long for one card: titles, options, action, facts and agent may have {limit} "
                "characters together; they have {size}",
                {"limit": MAX_TOGETHER, "size": size},
            )
        return self


def listed(request: Request) -> list[str]:
    """Each question as the card lists it: with its options if they are few."""
    return [_listed(question) for question in request.questions]


def _listed(question: AskedQuestion) -> str:
    options = question.options or ()
    few = [option.label for option in options] if len(options) <= MAX_LISTED else [f"{len(options)} options"]
    return f"{question.title} — {' · '.join(few)}" if options else question.title
