"""The forms of what people say about a fix with words: that it did not work, works in part, or cannot be judged yet."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from bridge.fields import is_blank
from bridge.forms.form import Accepted, FieldErrors, Form, OptionsField, Submitted, TextField
from bridge.things.contract import Choosable
from bridge.things.fix.life import REMIND_SECONDS
from bridge.things.fix.request import MAX_REASON
from bridge.things.fix.row import Outcome
from storage.model import Json

FAILED: Final = "failed"
PARTIAL: Final = "partial"
PENDING: Final = "pending"
REASON: Final = "reason"  # a new one for what is awaited
CORRECT: Final = "correct"

WORDS: Final = "words"
OUTCOME: Final = "outcome"
REMIND: Final = "remind_in"

_NAMES: Final = MappingProxyType(
    {
        Outcome.SUCCESS.value: "It worked",
        Outcome.FAILED.value: "It didn't work",
        Outcome.PARTIAL.value: "It works partly",
        Outcome.PENDING.value: "Waiting to verify",
    }
)
_TIMES: Final = MappingProxyType(
    {"3600": "1 hour", "14400": "4 hours", "86400": "1 day", "259200": "3 days", "604800": "1 week"}
)
_AWAITED: Final = TextField(id=WORDS, label="What are you waiting for?", max_length=MAX_REASON)
_REMIND: Final = OptionsField(
    id=REMIND,
    label="Remind me in (otherwise 1 day)",
    options=dict(_TIMES),
    min_selected=0,
    max_selected=1,
    is_menu=True,
)
_FORMS: Final = MappingProxyType(
    {
        FAILED: Form(
            title="It didn't work",
            fields=[TextField(id=WORDS, label="What went wrong?", max_length=MAX_REASON)],
            submit="Record",
        ),
        PARTIAL: Form(
            title="It works partly",
            fields=[TextField(id=WORDS, label="What works, and what does not?", max_length=MAX_REASON)],
            submit="Record",
        ),
        PENDING: Form(title="Waiting to verify", fields=[_AWAITED, _REMIND], submit="Record"),
        REASON: Form(title="Still waiting", fields=[_AWAITED, _REMIND], submit="Update"),
        CORRECT: Form(
            title="Correct the outcome",
            fields=[
                OptionsField(
                    id=OUTCOME, label="Outcome", options=dict(_NAMES), min_selected=1, max_selected=1, is_menu=True
                ),
                TextField(id=WORDS, label="Why, or what you are waiting for", is_required=False, max_length=MAX_REASON),
            ],
            submit="Correct",
        ),
    }
)


def form(move: str, _: Json, __: Sequence[Choosable]) -> Form:
    """The form of a move. Raises KeyError for a move without one."""
    return _FORMS[move]


def accept(move: str, submitted: Submitted) -> Accepted:
    """What a form within its limits gives, or what is to be corrected."""
    words, outcome = submitted.texts.get(WORDS, ""), submitted.selected.get(OUTCOME, [])
    remind_in = submitted.selected.get(REMIND, [])
    if move == CORRECT and outcome != [Outcome.SUCCESS.value] and is_blank(words):
        return FieldErrors(messages={WORDS: "Please say why, or what you are waiting for."})
    given: Json = {} if is_blank(words) else {WORDS: words}
    given |= {OUTCOME: outcome[0]} if outcome else {}
    if move in (PENDING, REASON):  # the form promises it, also to those who wait for the same as before
        given[REMIND] = int(remind_in[0]) if remind_in else REMIND_SECONDS
    return given
