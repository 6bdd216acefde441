"""The body of the acknowledgement of a sent form, which closes the form or changes it. Pure.

An empty body closes the form, so only an answer that counts gets it. There is no text body: Slack would show the person
a connection error.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from bridge.card import blocks, texts
from bridge.forms import codec, given, view
from bridge.forms.form import FieldErrors
from bridge.slack import replies, thing_replies
from bridge.slack.claims import ClickOutcome
from bridge.slack.forms.filled_form import FilledForm, LaterForm
from bridge.slack.payloads.incoming import Submission
from bridge.slack.replies import About
from storage.model import Json, Verdict

MAX_ERROR: Final = 150
"""Units of a message under a field: Slack documents no limit."""

NOT_RECORDED: Final = "Not recorded"
_OUTDATED: Final = "Slack sent an outdated state of this form. Please check what you entered, and submit it again."
_LATER: Final = (
    "This form could not be read during an upgrade of the bridge; nothing was recorded. Please submit it again."
)
_LOST: Final = "What was entered on this page is no longer there. Nothing was recorded; please fill it in again."
_CORRECT: Final = "Nothing was recorded yet. Please correct this page:"
_HANDLED: Final = "This form was submitted before, and a later release of the bridge has handled it."
_MAX_TEXTS = 20  # of a form that is not known: as many are shown again


def body(
    submission: Submission,
    outcome: ClickOutcome,
    filled: FilledForm | LaterForm | None,
    *,
    now: datetime,
    newer: str | None,
) -> Json | None:
    """The body for a committed verdict; None closes the form. `newer`: the permalink of a card that replaced it."""
    match outcome.claimed.verdict, filled:
        case ((Verdict.WON | Verdict.RECORDED | Verdict.ADDED), _):
            return None
        case Verdict.REFUSED, _ if (errors := _refused_field(submission, outcome)) is not None:
            return errors
        case Verdict.MISTAKEN, FilledForm():
            return _corrections(submission, filled)
        case Verdict.OPENED, FilledForm() if filled.turns:
            return _page(filled)
        case Verdict.MISTAKEN, _ if submission.inputs:  # it stays as it is, and another replica may get it then
            return _errors({submission.inputs[0]: _LATER})
        case verdict, _:
            text = _why(submission, outcome, now=now, newer=newer)
            text = text or (_LATER if verdict is Verdict.MISTAKEN else _HANDLED)
            # An id of its own, because a notice for the form must not replace this page.
            id = {"external_id": codec.external_id(submission.claim_id)}
            return _update(view.page(NOT_RECORDED, text, typed=_typed(submission, filled)) | id)


def _why(submission: Submission, outcome: ClickOutcome, *, now: datetime, newer: str | None) -> str | None:
    if outcome.thing is not None:
        return thing_replies.reply(outcome.claimed, outcome.thing, about=About.SUBMISSION)
    return replies.reply(
        outcome.claimed.verdict,
        outcome.claimed.life,
        user=submission.user_id,
        now=now,
        newer=newer,
        about=About.SUBMISSION,
    )


def _refused_field(submission: Submission, outcome: ClickOutcome) -> Json | None:
    """The refusal of a thing as an error under the field that it names; None if it names none of this form."""
    refusal = outcome.claimed.refusal or {}
    block = codec.block_id(str(refusal.get("field")))
    return _errors({block: str(refusal.get("detail"))}) if block in submission.inputs else None


def _corrections(submission: Submission, filled: FilledForm) -> Json:
    """Messages under the fields to correct; or the same form again, if it was not read whole."""
    if filled.accepted is None and filled.pages > 1:
        return _page(filled, notice=_OUTDATED if filled.lost is None else _LOST)
    messages = filled.accepted.messages if isinstance(filled.accepted, FieldErrors) else {}
    # Slack takes messages for inputs of the form only: with another one among them it shows none.
    known = {codec.block_id(field): text for field, text in messages.items()}
    known = {block: text for block, text in known.items() if block in submission.inputs}
    if not known and filled.next_page != filled.page:
        return _page(filled, notice=_mistakes(filled, messages))
    if not known and messages and submission.inputs:
        known = {submission.inputs[0]: next(iter(messages.values()))}
    if known:
        return _errors(known)
    return _update(view.modal(filled.form, question=filled.question, target=filled.target, notice=_OUTDATED))


def _page(filled: FilledForm, *, notice: str | None = None) -> Json:
    """The page to show now, with what was entered on it before."""
    form = given.starting_with(filled.form, filled.submitted)
    target = replace(filled.target, page=filled.next_page, is_turned=True)
    return _update(view.modal(form, question=filled.question, target=target, notice=notice))


def _mistakes(filled: FilledForm, messages: dict[str, str]) -> str:
    """The mistakes on a page, which is shown again: Slack takes messages only for the page that was sent."""
    fields = filled.form.on_page(filled.next_page).fields
    lines = [
        f"{blocks.quoted(field.label, MAX_ERROR)}: {blocks.inert(messages[field.id])}"
        for field in fields
        if field.id in messages
    ]
    return "\n".join([_CORRECT, *lines])


def _errors(messages: dict[str, str]) -> Json:
    errors = {block: texts.cut(text, MAX_ERROR) for block, text in messages.items()}
    return {"response_action": "errors", "errors": errors}


def _update(view: Json) -> Json:
    return {"response_action": "update", "view": view}


def _typed(submission: Submission, filled: FilledForm | LaterForm | None) -> list[tuple[str, str]]:
    """What the person entered, with the labels of the form if it is known."""
    if isinstance(filled, FilledForm):
        return view.typed(filled.form, filled.submitted)
    return [("Text", text) for text in submission.values.texts.values() if text.strip()][:_MAX_TEXTS]
