"""The choices of several questions: their answers, which a form gives together, and the refusal to answer."""

from bridge.kinds.contract import ChoiceAnswer
from bridge.kinds.questions.request import DECLINE_LABEL, Request

ANSWERS = "answers"
DECLINE = "decline"


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """The refusal, if the question allows one: the only answer that a click alone gives."""
    return {DECLINE: ChoiceAnswer(decision="decline", label=DECLINE_LABEL)} if request.decline else {}


def forms(request: Request) -> dict[str, ChoiceAnswer]:  # noqa: ARG001  -- the signature that all kinds share
    """The answers to all questions; their label names what was chosen and written."""
    return {ANSWERS: ChoiceAnswer(label=None)}
