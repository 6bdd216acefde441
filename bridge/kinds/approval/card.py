"""The card of an approval."""

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.approval.choices import APPROVE, DENY, RESPOND, forms
from bridge.kinds.approval.request import Request
from storage.model import Json


def card(view: CardView, request: Request) -> Drawing:
    """The card of an approval, in every status."""
    # One click answers. Deny is not red: red marks a harmful choice and requires a confirmation; denying does no harm.
    with_form = forms(request)

    def action(choice: str) -> str:
        return action_ids.open_form(choice) if choice in with_form else action_ids.choose(choice)

    buttons: list[Json] = [
        blocks.button("Approve", action_id=action(APPROVE), style="primary"),
        blocks.button("Deny", action_id=action(DENY)),
    ]
    if RESPOND in with_form:
        buttons.append(blocks.button("Reply", action_id=action(RESPOND)))
    past = {APPROVE: "✅ *Approved*", DENY: "⛔ *Denied*", RESPOND: "💬 *Replied, not approved*"}
    return frame(view, request, buttons=buttons, past=past)
