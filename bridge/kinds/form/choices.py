"""The choices of a form, and their answers: the values that a person enters, and the refusal."""

from bridge.kinds.contract import ChoiceAnswer
from bridge.kinds.form.request import DECLINE_LABEL, Request

FILL = "fill"
DECLINE = "decline"


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """The refusal, if the question allows one: the only answer that a click alone gives."""
    return {DECLINE: ChoiceAnswer(decision="decline", label=DECLINE_LABEL)} if request.decline else {}


def forms(request: Request) -> dict[str, ChoiceAnswer]:  # noqa: ARG001  -- the signature that all kinds share
    """The values; their label names the first of them."""
    return {FILL: ChoiceAnswer(label=None)}
