"""The form behind Blocked…: what blocks a recovery, chosen from the open things or given as a link, and a note."""

from collections.abc import Sequence
from typing import Final

from bridge.card import links
from bridge.fields import MAX_WEB_ADDRESS, is_blank
from bridge.forms.check import check
from bridge.forms.form import Accepted, FieldErrors, Form, Submitted, TextField, ThingField
from bridge.things.contract import Choosable
from bridge.things.recovery.ending import BLOCKER
from bridge.things.recovery.row import Outcome
from storage.model import Json

LINK: Final = "link"
NOTE: Final = "note"
MAX_NOTE: Final = 500

_LINK = TextField(
    id=LINK,
    label="Or a link to something elsewhere",
    is_required=False,
    is_multiline=False,
    max_length=MAX_WEB_ADDRESS,
    placeholder="https://status.example.com/incidents/7",
)
_NOTE = TextField(id=NOTE, label="Note", is_required=False, max_length=MAX_NOTE)


def offers_things(move: str) -> bool:
    """Whether the form of a move lists open things."""
    return move == Outcome.BLOCKED


def form(move: str, _: Json, things: Sequence[Choosable]) -> Form:
    """The form of a move; the same fields, whatever there is to choose from. Raises KeyError for a move without one."""
    if move != Outcome.BLOCKED:
        raise KeyError(move)
    blocker = ThingField(id=BLOCKER, label="Blocked by", things={thing.id: thing.label for thing in things})
    return Form(title="Blocked", fields=[blocker, _LINK, _NOTE], submit="Blocked")


def accept(move: str, submitted: Submitted) -> Accepted:
    """What blocks the recovery and the note, or what is to be corrected. Raises KeyError for a move without a form."""
    if mistakes := check(form(move, {}, ()), submitted):
        return mistakes
    selected, link = submitted.selected.get(BLOCKER, []), submitted.texts.get(LINK, "").strip()
    note = submitted.texts.get(NOTE, "")
    if is_blank(link):
        if not selected:
            return FieldErrors(messages={LINK: "Please say what blocks this: select an item, or enter a link."})
        blocker: Json = {"id": selected[0]}
    elif selected:
        return FieldErrors(messages={LINK: "An item is selected as well. Please clear one of the two."})
    elif (url := links.address(link)) is None:
        return FieldErrors(messages={LINK: "Please enter a complete link, such as https://status.example.com/7."})
    else:
        blocker = {"external": {"type": "link", "id": url, "url": url}}
    return {"blocker": blocker} | ({} if is_blank(note) else {"note": note})
