"""The forms of an approval: a comment with a decision, and a reply in place of one."""

from bridge.forms import comment
from bridge.forms.form import Accepted, Form, Submitted, TextField
from bridge.kinds.approval.choices import APPROVE, RESPOND
from bridge.kinds.approval.request import Request

_REPLY = TextField(id=comment.FIELD, label="Your reply")


def form(request: Request, choice: str) -> Form:
    """The form that completes a choice of `forms`."""
    if choice == RESPOND:
        return Form(title="Reply", fields=[_REPLY], submit="Send reply")
    comments = request.comment
    asked = getattr(comments, choice) if comments else None
    if asked is None:
        raise KeyError(choice)
    verb = "Approve" if choice == APPROVE else "Deny"
    return Form(title=verb, fields=[asked.field], submit=verb)


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:  # noqa: ARG001  -- as all kinds have it
    """The comment, as the person wrote it."""
    return comment.given(submitted)
