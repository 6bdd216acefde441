"""What each option of a choice stands for."""

from bridge.kind import Answer
from bridge.kinds.choice.request import Request


def choices(request: Request) -> dict[str, Answer]:
    """Each option by its id. A choice decides nothing, whatever a label says: careless readers fail closed."""
    return {option.id: Answer(option=option.id, label=option.label) for option in request.options}
