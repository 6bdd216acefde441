"""How an approval looks."""

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.approval.choices import APPROVE, DENY
from bridge.kinds.approval.request import Request


def card(view: CardView, asked: Request) -> Drawing:
    """The card for whatever status the interaction is in."""
    # One click answers. Deny is not red: red marks what can do harm and asks to confirm, and refusing does no harm.
    buttons = (
        blocks.button("Approve", action_id=action_ids.choose(APPROVE), style="primary"),
        blocks.button("Deny", action_id=action_ids.choose(DENY)),
    )
    return frame(view, asked, buttons=buttons, past={APPROVE: "✅ *Approved*", DENY: "⛔ *Denied*"})
