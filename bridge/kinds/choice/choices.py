"""What each option of a choice stands for."""

from bridge.kinds.choice.request import Request
from bridge.kinds.contract import ChoiceAnswer


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """Each option by its id. A choice decides nothing, whatever a label says: careless readers fail closed."""
    return {option.id: ChoiceAnswer(option=option.id, label=option.label) for option in request.options}
