"""The form of a schema, and the values that it gives."""

from bridge.card import texts
from bridge.forms.form import Accepted, FieldErrors, Form, Submitted
from bridge.kinds.form.request import Request

TITLE = "Fill in"
_MAX_LABEL = 75  # units


def form(request: Request, choice: str) -> Form:  # noqa: ARG001  -- the signature that all kinds share
    """The form of the only choice of `forms`."""
    return Form(title=TITLE, fields=request.typed.fields, submit=request.submit)


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:  # noqa: ARG001  -- as all kinds have it
    """The values, valid against the schema as it was sent, and as label the first of them."""
    typed = request.typed
    values = typed.values(submitted)
    if isinstance(values, FieldErrors):
        return values
    shown = "; ".join(f"{label}: {' '.join(text.split())}" for label, text in typed.lines(values))
    return {"values": values, "label": texts.cut(shown, _MAX_LABEL) or "No value"}
