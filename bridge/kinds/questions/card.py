"""The card of several questions: a list of them, and a button that opens the form with an input for each."""

from bridge.card import action_ids, blocks
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.questions.choices import ANSWERS, DECLINE, choices
from bridge.kinds.questions.request import ANSWER_LABEL, Request, listed
from storage.model import Json


def card(view: CardView, request: Request) -> Drawing:
    """The card of several questions, in every status."""
    buttons: list[Json] = [blocks.button(ANSWER_LABEL, action_id=action_ids.open_form(ANSWERS), style="primary")]
    buttons += [
        blocks.button(answer.label or "", action_id=action_ids.choose(choice))
        for choice, answer in choices(request).items()
    ]
    return frame(
        view,
        request,
        buttons=buttons,
        past={DECLINE: "⛔ *Declined*", ANSWERS: "✅ *Answered*"},
        offered=listed(request),
        offered_as="Questions",
        listed=True,
    )
