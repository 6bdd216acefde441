"""The choices of a text, and their answers: its suggestions, its refusal, and the text that a person writes."""

from bridge.kinds.contract import ChoiceAnswer
from bridge.kinds.text.request import DECLINE_LABEL, Request

WRITE = "write"
DECLINE = "decline"


def choices(request: Request) -> dict[str, ChoiceAnswer]:
    """The suggestions, and the refusal, which has a decision and no text."""
    suggested = {
        f"suggestion:{number}": ChoiceAnswer(label=text, text=text) for number, text in enumerate(request.suggestions)
    }
    declined = ChoiceAnswer(decision="decline", label=DECLINE_LABEL)
    return suggested | ({DECLINE: declined} if request.decline else {})


def forms(request: Request) -> dict[str, ChoiceAnswer]:  # noqa: ARG001  -- the signature that all kinds share
    """The text that a person writes; its label is the beginning of the text."""
    return {WRITE: ChoiceAnswer(label=None)}
