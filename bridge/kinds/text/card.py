"""The card of a text: its suggestions as buttons, and a button that opens the input."""

from bridge.card import action_ids, blocks, texts
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.text.choices import DECLINE, WRITE, choices
from bridge.kinds.text.request import WRITE_LABEL, Request
from storage.model import Json, Status


def card(view: CardView, request: Request) -> Drawing:
    """The card of a text, in every status."""
    buttons: list[Json] = [
        blocks.button(answer.label or "", action_id=action_ids.choose(choice))
        for choice, answer in choices(request).items()
    ]
    buttons.insert(len(request.suggestions), blocks.button(WRITE_LABEL, action_id=action_ids.open_form(WRITE)))
    settled = view.interaction.status is not Status.PENDING
    long = any(texts.units(text) > blocks.SHOWN_OF_BUTTON for text in request.suggestions)
    return frame(
        view,
        request,
        buttons=buttons,
        past={DECLINE: "⛔ *Declined*", WRITE: "✅ *Answered*"},
        offered=request.suggestions,
        offered_as="Suggestions",
        listed=long or settled,
    )
