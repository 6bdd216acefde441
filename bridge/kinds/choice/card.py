"""How a choice looks: a few options are buttons, many are a select that asks to confirm."""

from collections.abc import Sequence

from bridge.card import action_ids, blocks, texts
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.choice.request import MOST_BUTTONS, Option, Request
from storage.model import Json, Status

_MOST_SEEN = 30  # of a button's text; Slack cuts what is longer, and five may begin alike
_ASK = "Are you sure?"
_ASK_SELECTED = "The option you selected will be the answer. It cannot be changed afterwards."


def card(view: CardView, asked: Request) -> Drawing:
    """The card for whatever status the interaction is in."""
    few = len(asked.options) <= MOST_BUTTONS
    long = any(texts.units(option.label) > _MOST_SEEN for option in asked.options)
    settled = view.interaction.status is not Status.PENDING
    return frame(
        view,
        asked,
        buttons=[_button(option) for option in asked.options] if few else [_select(asked.options)],
        past={},
        offered=[option.label for option in asked.options],
        listed=few and (long or settled),  # a record says what else could have been chosen, as far as it has room
    )


def _button(option: Option) -> Json:
    dialog = None
    if option.confirm or option.style == "danger":
        text = option.confirm or f"You are about to answer “{option.label}”."
        dialog = blocks.confirm(_ASK, text, yes="Yes, answer", no="Cancel", style=option.style)
    return blocks.button(option.label, action_id=action_ids.choose(option.id), style=option.style, confirm=dialog)


def _select(options: Sequence[Option]) -> Json:
    return blocks.select(
        [blocks.option(option.label, value=option.id) for option in options],
        action_id=action_ids.SELECT,
        placeholder=f"Choose one of {len(options)}",
        confirm=blocks.confirm("Send this answer?", _warning(options), yes="Yes, answer", no="Cancel"),
    )


def _warning(options: Sequence[Option]) -> str:
    """One dialog asks for all options, whichever was selected; those that need care are named as far as they fit."""
    notes = [
        # On one line, or it could go on with what looks like a note on another option.
        f"“{option.label}”: {' '.join(option.confirm.split()) if option.confirm else 'marked as dangerous.'}"
        for option in options
        if option.confirm or option.style == "danger"
    ]
    for kept in range(len(notes), 0, -1):
        rest = len(notes) - kept
        more = [f"{rest} more of them need{'s' if rest == 1 else ''} care."] if rest else []
        text = "\n".join([_ASK_SELECTED, *notes[:kept], *more])
        if texts.units(text) <= blocks.MOST_CONFIRM:
            return text
    need = f"{len(notes)} of them need care" if len(notes) > 1 else "One of them needs care"
    return f"{_ASK_SELECTED}\n{need}: read the question again." if notes else _ASK_SELECTED
