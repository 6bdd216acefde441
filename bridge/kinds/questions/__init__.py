"""The kind `questions`: up to four questions, each a choice or a text, on one card and in one form."""

from bridge.kinds.contract import Kind
from bridge.kinds.questions.card import card
from bridge.kinds.questions.choices import choices, forms
from bridge.kinds.questions.examples import EXAMPLES
from bridge.kinds.questions.request import Request
from bridge.kinds.questions.words import accept, form

KIND = Kind(
    name="questions",
    request=Request,
    choices=choices,
    card=card,
    examples=EXAMPLES,
    forms=forms,
    form=form,
    accept=accept,
)
