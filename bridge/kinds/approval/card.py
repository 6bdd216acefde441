"""The card of an approval."""

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.approval.choices import APPROVE, DENY
from bridge.kinds.approval.request import Request


def card(view: CardView, request: Request) -> Drawing:
    """The card of an approval, in every status."""
    # One click answers. Deny is not red: red marks a harmful choice and requires a confirmation; denying does no harm.
    buttons = (
        blocks.button("Approve", action_id=action_ids.choose(APPROVE), style="primary"),
        blocks.button("Deny", action_id=action_ids.choose(DENY)),
    )
    return frame(view, request, buttons=buttons, past={APPROVE: "✅ *Approved*", DENY: "⛔ *Denied*"})
