"""The forms of an approval: a comment with a decision, the arguments to change, and a reply in place of a decision."""

from bridge.forms import comment
from bridge.forms.form import Accepted, FieldErrors, Form, Submitted, TextField
from bridge.kinds.approval import edit
from bridge.kinds.approval.choices import APPROVE, EDIT, RESPOND
from bridge.kinds.approval.request import Request

_REPLY = TextField(id=comment.FIELD, label="Your reply")


def form(request: Request, choice: str) -> Form:
    """The form that completes a choice of `forms`."""
    if choice == RESPOND:
        return Form(title="Reply", fields=[_REPLY], submit="Send reply")
    if choice == EDIT:
        return _edit(request)
    comments = request.comment
    asked = getattr(comments, choice) if comments else None
    if asked is None:
        raise KeyError(choice)
    verb = "Approve" if choice == APPROVE else "Deny"
    return Form(title=verb, fields=[asked.field], submit=verb)


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:
    """The comment, as the person wrote it; and with the form of the arguments what is approved."""
    words = comment.given(submitted)
    if choice != EDIT:
        return words
    approved = edit.given(request, submitted)
    return approved if isinstance(approved, FieldErrors) else approved | words


def _edit(request: Request) -> Form:
    """The arguments, and the comment that an approval has."""
    if request.typed is None:
        raise KeyError(EDIT)
    asked = request.comment.approve if request.comment else None
    fields = [*request.typed.fields, *([asked.field] if asked else [])]
    return Form(title="Edit and approve", fields=fields, submit="Approve")
