"""The choices of a choice, and their answers: one for each option, or one for a selection of several."""

from bridge.kinds.choice.request import Request
from bridge.kinds.contract import ChoiceAnswer

SELECTION = "selection"  # of several options; then no option is a choice by itself


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """The answer of each option, by its id, except an option that requires a comment.

    A choice has no decision, whatever a label says, so that an agent that reads only `approved` gets false.
    """
    if request.multiple:
        return {}
    answers = _by_id(request)
    required = {option.id for option in request.options if option.comment and option.comment.required}
    return {id: answer for id, answer in answers.items() if id not in required}


def forms(request: Request) -> dict[str, ChoiceAnswer]:
    """The options that have a comment, or the selection of several, whose label is that of the selected options."""
    if request.multiple:
        return {SELECTION: ChoiceAnswer(label=None)}
    answers = _by_id(request)
    return {option.id: answers[option.id] for option in request.options if option.comment}


def _by_id(request: Request) -> dict[str, ChoiceAnswer]:
    return {option.id: ChoiceAnswer(option=option.id, label=option.label) for option in request.options}
