"""The form of several questions, an input for each, and the answers that it gives."""

from collections.abc import Iterable, Iterator
from typing import Final

from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms.form import Accepted, Form, FormField, OptionsField, Submitted
from bridge.forms.options import selection
from bridge.forms.text_input import TextInput
from bridge.kinds.questions.request import ANSWER_LABEL, AskedQuestion, Request
from storage.model import Json

MAX_RADIO: Final = 5  # options with buttons of their own; more are a menu
_MAX_LABEL: Final = 75  # units


def form(request: Request, choice: str) -> Form:  # noqa: ARG001  -- the signature that all kinds share
    """The form of the only choice of `forms`. The field of a question is named by its position: an id may be long."""
    return Form(
        title=ANSWER_LABEL, fields=[_field(question, number) for number, question in enumerate(request.questions)]
    )


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:  # noqa: ARG001  -- as all kinds have it
    """The answer to each question by its id, null to one that was left out, and as label what was given."""
    answers = {
        question.id: _answer(question, _id(number), submitted) for number, question in enumerate(request.questions)
    }
    given = "; ".join(_given(answers.values()))
    return {"answers": answers, "label": texts.cut(given, _MAX_LABEL) or "No answer"}


def _id(number: int) -> str:
    return f"question_{number}"


def _field(question: AskedQuestion, number: int) -> FormField:
    id, options = _id(number), question.options
    if options is None:
        return (question.input or TextInput()).field(id, question.title, is_required=question.required)
    if question.multiple is not None:
        return selection(id, question.title, options, question.multiple)
    few = len(options) <= MAX_RADIO and question.required  # Slack's radio buttons cannot be cleared again
    return OptionsField(
        id=id,
        label=question.title,
        options={option.id: option.label for option in options},
        min_selected=1 if question.required else 0,
        max_selected=1,
        is_radio=few,
        is_menu=not few,
    )


def _answer(question: AskedQuestion, field: str, submitted: Submitted) -> Json | None:
    """The answer to one question; None if it was left out. The selected options are in the order of the question."""
    if question.options is None:
        text = submitted.texts.get(field, "")
        return None if is_blank(text) else {"text": text}
    selected = set(submitted.selected.get(field, ()))
    chosen: list[Json] = [
        {"id": option.id, "label": option.label} for option in question.options if option.id in selected
    ]
    if question.multiple is not None:
        return {"options": chosen}
    return {"option": chosen[0]["id"], "label": chosen[0]["label"]} if chosen else None


def _given(answers: Iterable[Json | None]) -> Iterator[str]:
    """What was chosen and written, in a few words for each question that was not left out."""
    for answer in answers:
        match answer:
            case {"text": text}:
                yield " ".join(text.split())
            case {"options": options}:
                yield ", ".join(option["label"] for option in options) or "no option"
            case {"label": label}:
                yield label
