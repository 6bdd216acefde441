"""What the two choices of an approval stand for."""

from bridge.kinds.approval.request import Request
from bridge.kinds.contract import Answer

APPROVE = "approve"
DENY = "deny"


def choices(request: Request) -> dict[str, Answer]:  # noqa: ARG001  -- every kind's choices are those of its request
    """Yes and no; the only kind that has a decision."""
    return {
        APPROVE: Answer(decision="approve", label="Approve"),
        DENY: Answer(decision="deny", label="Deny"),
    }
