"""How an approval looks."""

from bridge import actions, blocks
from bridge.card import Card, View, frame
from bridge.kinds.approval.answer import APPROVE, DENY
from bridge.kinds.approval.request import Request


def card(view: View) -> Card:
    """The card for whatever status the interaction is in."""
    # What another release stored beside our fields is none of our business: its cards must be drawn all the same.
    asked = Request.model_validate(view.interaction.request, extra="ignore")
    # One click answers. Deny is not red: red marks what can do harm and asks to confirm, and refusing does no harm.
    buttons = (
        blocks.button("Approve", action_id=actions.choose(APPROVE), style="primary"),
        blocks.button("Deny", action_id=actions.choose(DENY)),
    )
    return frame(view, asked, buttons=buttons, past={APPROVE: "Approved", DENY: "Denied"})
