"""What each option of a choice stands for."""

from bridge.kinds.choice.request import Request
from storage.model import Json


def answers(request: Request) -> dict[str, Json]:
    """Each option and its answer. A choice approves nothing, whatever a label says: careless readers fail closed."""
    return {
        option.id: {"decision": None, "approved": False, "option": option.id, "label": option.label}
        for option in request.options
    }
