"""The card of an approval."""

from collections.abc import Sequence

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.approval.choices import APPROVE, DENY, EDIT, RESPOND, forms
from bridge.kinds.approval.request import Request
from storage import json_text
from storage.model import Json


def card(view: CardView, request: Request) -> Drawing:
    """The card of an approval, in every status."""
    # One click answers. Deny is not red: red marks a harmful choice and requires a confirmation; denying does no harm.
    with_form = forms(request)

    def action(choice: str) -> str:
        return action_ids.open_form(choice) if choice in with_form else action_ids.choose(choice)

    buttons: list[Json] = [
        blocks.button("Approve", action_id=action(APPROVE), style="primary"),
        *([blocks.button("Edit…", action_id=action(EDIT))] if EDIT in with_form else []),
        blocks.button("Deny", action_id=action(DENY)),
    ]
    if RESPOND in with_form:
        buttons.append(blocks.button("Reply", action_id=action(RESPOND)))
    answer = view.interaction.answer or {}
    changes = answer.get("changes") or []
    past = {
        APPROVE: "✅ *Approved*",
        EDIT: "✅ *Approved with changes*" if changes else "✅ *Approved*",
        DENY: "⛔ *Denied*",
        RESPOND: "💬 *Replied, not approved*",
    }
    return frame(view, request, buttons=buttons, past=past, given=_given(answer, changes))


def _given(answer: Json, changes: Sequence[Json]) -> list[tuple[str, str]]:
    """Each change of an argument, and the comment beside them."""
    comment = answer.get("comment")
    pairs = [(change["pointer"], f"{_written(change, 'from')} → {_written(change, 'to')}") for change in changes]
    return [*pairs, *([("Comment", comment)] if pairs and comment else [])]


def _written(change: Json, side: str) -> str:
    return json_text.dumps(change[side], ensure_ascii=False) if side in change else "nothing"
