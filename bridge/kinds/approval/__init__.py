"""The kind `approval`: whether something may be done, yes or no."""

from bridge.kinds.approval.card import card
from bridge.kinds.approval.choices import choices, forms
from bridge.kinds.approval.examples import EXAMPLES
from bridge.kinds.approval.request import Request
from bridge.kinds.approval.words import accept, form
from bridge.kinds.contract import Kind

KIND = Kind(
    name="approval",
    request=Request,
    choices=choices,
    card=card,
    examples=EXAMPLES,
    forms=forms,
    form=form,
    accept=accept,
)
