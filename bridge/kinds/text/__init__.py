"""The kind `text`: a text that a person writes, or one of the texts that the agent suggests."""

from bridge.kinds.contract import Kind
from bridge.kinds.text.card import card
from bridge.kinds.text.choices import choices, forms
from bridge.kinds.text.examples import EXAMPLES
from bridge.kinds.text.request import Request
from bridge.kinds.text.words import accept, form

KIND = Kind(
    name="text",
    request=Request,
    choices=choices,
    card=card,
    examples=EXAMPLES,
    forms=forms,
    form=form,
    accept=accept,
)
