"""The form of a text: one input."""

from bridge.card import texts
from bridge.forms.form import Accepted, Form, Submitted, TextField
from bridge.kinds.text.request import Request

FIELD = "text"
_MAX_LABEL = 75  # units


def form(request: Request, choice: str) -> Form:  # noqa: ARG001  -- the signature that all kinds share
    """The form of the only choice of `forms`."""
    asked = request.input
    field = TextField(
        id=FIELD,
        label=asked.label,
        is_multiline=asked.multiline,
        min_length=asked.min_length,
        max_length=asked.max_length,
        placeholder=asked.placeholder,
        initial=asked.initial,
    )
    return Form(title="Answer", fields=[field])


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:  # noqa: ARG001  -- as all kinds have it
    """The text as the person wrote it, and its beginning on one line as its label."""
    text = submitted.texts[FIELD]
    return {"text": text, "label": texts.cut(" ".join(text.split()), _MAX_LABEL)}
