"""The form of a text: one input."""

from bridge.card import texts
from bridge.forms.form import Accepted, Form, Submitted
from bridge.kinds.text.request import Request

FIELD = "text"
_MAX_LABEL = 75  # units


def form(request: Request, choice: str) -> Form:  # noqa: ARG001  -- the signature that all kinds share
    """The form of the only choice of `forms`."""
    return Form(title="Answer", fields=[request.input.field(FIELD, request.input.label)])


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:  # noqa: ARG001  -- as all kinds have it
    """The text as the person wrote it, and its beginning on one line as its label."""
    text = submitted.texts[FIELD]
    return {"text": text, "label": texts.cut(" ".join(text.split()), _MAX_LABEL)}
