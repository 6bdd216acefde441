"""The forms of a choice: a comment with an option, and the selection of several options."""

from bridge.card import texts
from bridge.forms import comment
from bridge.forms.form import MAX_TITLE, Accepted, Form, Submitted
from bridge.forms.options import selection
from bridge.kinds.choice.choices import SELECTION
from bridge.kinds.choice.request import Request

OPTIONS = "options"


def form(request: Request, choice: str) -> Form:
    """The form that completes a choice of `forms`."""
    if choice == SELECTION and request.multiple:
        return Form(title="Select options", fields=[selection(OPTIONS, "Options", request.options, request.multiple)])
    option = next(option for option in request.options if option.id == choice)
    if option.comment is None:
        raise KeyError(choice)
    whole = option.label if texts.units(option.label) > MAX_TITLE else None
    return Form(title=texts.cut(option.label, MAX_TITLE), fields=[option.comment.field], whole_label=whole)


def accept(request: Request, choice: str, submitted: Submitted) -> Accepted:
    """The comment as the person wrote it, or the selected options in the order of the question."""
    if choice != SELECTION:
        return comment.given(submitted)
    selected = set(submitted.selected.get(OPTIONS, ()))
    options = [{"id": option.id, "label": option.label} for option in request.options if option.id in selected]
    return {"options": options, "label": ", ".join(option["label"] for option in options) or "No option"}
