"""The choices of an approval, and their answers."""

from bridge.kinds.approval.request import Request
from bridge.kinds.contract import ChoiceAnswer

APPROVE = "approve"
DENY = "deny"
RESPOND = "respond"
EDIT = "edit"
_ANSWERS = {
    APPROVE: ChoiceAnswer(decision="approve", label="Approve"),
    DENY: ChoiceAnswer(decision="deny", label="Deny"),
}
_EDITED = ChoiceAnswer(decision="approve", label=None)  # the label says whether something was changed
_REPLY = ChoiceAnswer(decision="respond", label="Reply")


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """Approve and deny, except a decision that requires a comment; only an approval has a decision."""
    return {choice: answer for choice, answer in _ANSWERS.items() if not requires_comment(request, choice)}


def forms(request: Request) -> dict[str, ChoiceAnswer]:
    """The decisions that have a comment, the approval of changed arguments, and the reply."""
    comments = request.comment
    commented = {choice: answer for choice, answer in _ANSWERS.items() if comments and getattr(comments, choice)}
    edited = {EDIT: _EDITED} if request.edit else {}
    return commented | edited | ({RESPOND: _REPLY} if request.respond else {})


def requires_comment(request: Request, choice: str) -> bool:
    """Whether a decision counts only with a comment."""
    comment = getattr(request.comment, choice) if request.comment else None
    return comment is not None and comment.required
