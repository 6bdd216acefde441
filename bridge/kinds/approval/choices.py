"""What the two choices of an approval stand for."""

from bridge.kinds.approval.request import Request
from bridge.kinds.contract import ChoiceAnswer

APPROVE = "approve"
DENY = "deny"


def choices(request: Request) -> dict[str, ChoiceAnswer]:  # noqa: ARG001  -- every kind's choices are those of its request
    """Yes and no; the only kind that has a decision."""
    return {
        APPROVE: ChoiceAnswer(decision="approve", label="Approve"),
        DENY: ChoiceAnswer(decision="deny", label="Deny"),
    }
