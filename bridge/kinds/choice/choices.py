"""The answer of each option of a choice."""

from bridge.kinds.choice.request import Request
from bridge.kinds.contract import ChoiceAnswer


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """The answer of each option, by its id.

    A choice has no decision, whatever a label says, so that an agent that reads only `approved` gets false.
    """
    return {option.id: ChoiceAnswer(option=option.id, label=option.label) for option in request.options}
