"""The kind `choice`: one of 2 to 100 options."""

from bridge.kinds.choice.card import card
from bridge.kinds.choice.choices import choices
from bridge.kinds.choice.examples import EXAMPLES
from bridge.kinds.choice.request import Request
from bridge.kinds.contract import Kind

KIND = Kind(name="choice", request=Request, choices=choices, card=card, examples=EXAMPLES)
