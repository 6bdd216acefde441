"""The card of a choice: up to five options are buttons, more are a menu with a Submit button beside it.

A selection in the menu sends no answer, so the card shows what is selected before it is submitted. The dialog of the
Submit button cannot name it: Slack shows the same text for every selection.
"""

from collections.abc import Sequence

from bridge.card import action_ids, blocks, texts
from bridge.card.frame import CardView, Drawing, frame
from bridge.kinds.choice.choices import SELECTION
from bridge.kinds.choice.request import MAX_BUTTONS, Option, Request
from storage.model import Json, Status

_ASK = "Are you sure?"
_ASK_SELECTED = "Check the menu: the option selected there becomes the answer. You cannot change it afterwards."


def card(view: CardView, request: Request) -> Drawing:
    """The card of a choice, in every status."""
    few = len(request.options) <= MAX_BUTTONS
    hidden = request.multiple is not None  # the form has the options, and not the card
    long = any(texts.units(option.label) > blocks.SHOWN_OF_BUTTON for option in request.options)
    settled = view.interaction.status is not Status.PENDING
    return frame(
        view,
        request,
        buttons=_buttons(request),
        past={SELECTION: "✅ *Answered:* no option"} if _selected_nothing(view) else {},
        offered=[option.label for option in request.options],
        listed=few and (long or hidden or settled),  # a settled card lists all options, as far as they fit
    )


def _selected_nothing(view: CardView) -> bool:
    """Whether the question is answered by selecting none of its options."""
    return (view.interaction.answer or {}).get("options") == []


def _buttons(request: Request) -> list[Json]:
    if request.multiple:
        return [blocks.button("Select options", action_id=action_ids.open_form(SELECTION))]
    few = len(request.options) <= MAX_BUTTONS
    return [_button(option) for option in request.options] if few else _menu(request.options)


def _button(option: Option) -> Json:
    dialog = None
    if option.confirm or option.style == "danger":
        text = option.confirm or f"You are about to submit “{option.label}”."
        dialog = blocks.confirm(_ASK, text, yes="Submit", no="Cancel", style=option.style)
    action = action_ids.open_form if option.comment else action_ids.choose
    return blocks.button(option.label, action_id=action(option.id), style=option.style, confirm=dialog)


def _menu(options: Sequence[Option]) -> list[Json]:
    """The menu of the options, and the button that submits what is selected in it."""
    warning = _warning(options)
    dialog = blocks.confirm("Submit the selected option?", warning, yes="Submit", no="Cancel") if warning else None
    return [
        blocks.select(
            [blocks.option(option.label, value=option.id) for option in options],
            action_id=action_ids.PICK,
            placeholder=f"Choose one of {len(options)}",
        ),
        blocks.button("Submit", action_id=action_ids.SUBMIT, style="primary", confirm=dialog),
    ]


def _warning(options: Sequence[Option]) -> str | None:
    """The text of the Submit button's dialog, which names the options that need care, if they fit; None without any."""
    notes = [
        # On one line: a second line could look like a note on another option.
        f"“{option.label}”: {' '.join(option.confirm.split()) if option.confirm else 'marked as dangerous.'}"
        for option in options
        if option.confirm or option.style == "danger"
    ]
    if not notes:
        return None
    for kept in range(len(notes), 0, -1):
        rest = len(notes) - kept
        more = [f"{rest} more option{' needs' if rest == 1 else 's need'} care."] if rest else []
        text = "\n".join([_ASK_SELECTED, *notes[:kept], *more])
        if texts.units(text) <= blocks.MAX_CONFIRM:
            return text
    need = f"{len(notes)} options need care" if len(notes) > 1 else "One option needs care"
    return f"{_ASK_SELECTED}\n{need}: read the question again."
