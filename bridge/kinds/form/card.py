"""The card of a form: what it asks for, a button that opens it, and afterwards what was entered."""

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.form.choices import DECLINE, FILL, choices
from bridge.kinds.form.request import FILL_LABEL, Request
from storage.model import Json

MAX_LISTED = 12  # inputs that the card names


def card(view: CardView, request: Request) -> Drawing:
    """The card of a form, in every status."""
    buttons: list[Json] = [blocks.button(FILL_LABEL, action_id=action_ids.open_form(FILL), style="primary")]
    buttons += [
        blocks.button(answer.label or "", action_id=action_ids.choose(choice))
        for choice, answer in choices(request).items()
    ]
    typed = request.typed
    asked = [field.label for field in typed.fields]
    rest = len(asked) - MAX_LISTED
    values = (view.interaction.answer or {}).get("values")
    return frame(
        view,
        request,
        buttons=buttons,
        past={DECLINE: "⛔ *Declined*", FILL: "✅ *Answered*"},
        offered=[*asked[:MAX_LISTED], *([f"{rest} more"] if rest > 0 else [])],
        offered_as="Asks for",
        listed=True,
        given=typed.lines(values) if isinstance(values, dict) else (),
    )
