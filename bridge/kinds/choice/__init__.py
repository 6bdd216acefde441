"""The kind `choice`: one of 2 to 100 options, or several of them."""

from bridge.kinds.choice.card import card
from bridge.kinds.choice.choices import choices, forms
from bridge.kinds.choice.examples import EXAMPLES
from bridge.kinds.choice.request import Request
from bridge.kinds.choice.words import accept, form
from bridge.kinds.contract import Kind

KIND = Kind(
    name="choice",
    request=Request,
    choices=choices,
    card=card,
    examples=EXAMPLES,
    forms=forms,
    form=form,
    accept=accept,
)
