"""The two choices of an approval and their answers."""

from bridge.kinds.approval.request import Request
from bridge.kinds.contract import ChoiceAnswer

APPROVE = "approve"
DENY = "deny"


def choices(request: Request) -> dict[str, ChoiceAnswer]:  # noqa: ARG001  -- the signature that all kinds share
    """Approve and deny; only an approval has a decision."""
    return {
        APPROVE: ChoiceAnswer(decision="approve", label="Approve"),
        DENY: ChoiceAnswer(decision="deny", label="Deny"),
    }
