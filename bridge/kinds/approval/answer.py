"""What the two choices of an approval stand for."""

from bridge.kinds.approval.request import Request
from storage.model import Json

APPROVE = "approve"
DENY = "deny"


def answers(request: Request) -> dict[str, Json]:  # noqa: ARG001  -- every kind's answers are asked of its request
    """Each choice and its answer. `approved` is true for one choice only, so that a careless reader fails closed."""
    return {
        APPROVE: {"decision": "approve", "approved": True, "option": None, "label": "Approve"},
        DENY: {"decision": "deny", "approved": False, "option": None, "label": "Deny"},
    }
