"""The kind `form`: values that a person enters, valid against the agent's JSON Schema."""

from bridge.kinds.contract import Kind
from bridge.kinds.form.card import card
from bridge.kinds.form.choices import choices, forms
from bridge.kinds.form.examples import EXAMPLES
from bridge.kinds.form.request import Request
from bridge.kinds.form.words import accept, form

KIND = Kind(
    name="form",
    request=Request,
    choices=choices,
    card=card,
    examples=EXAMPLES,
    forms=forms,
    form=form,
    accept=accept,
)
