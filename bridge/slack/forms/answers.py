"""The body of the acknowledgement of a sent form, which closes the form or changes it. Pure.

An empty body closes the form, so only an answer that counts gets it. There is no text body: Slack would show the person
a connection error.
"""

from datetime import datetime
from typing import Final

from bridge.card import texts
from bridge.forms import codec, view
from bridge.forms.form import FieldErrors
from bridge.slack import replies
from bridge.slack.claims import ClickOutcome
from bridge.slack.forms.filled_form import FilledForm
from bridge.slack.payloads.incoming import Submission
from bridge.slack.replies import About
from storage.model import Json, Verdict

MAX_ERROR: Final = 150
"""Units of a message under a field: Slack documents no limit."""

NOT_RECORDED: Final = "Not recorded"
_OUTDATED: Final = "Slack sent an outdated state of this form. Please check what you entered, and submit it again."
_HANDLED: Final = "This form was submitted before, and a later release of the bridge has handled it."
_MAX_TEXTS = 20  # of a form that is not known: as many are shown again


def body(
    submission: Submission, outcome: ClickOutcome, filled: FilledForm | None, *, now: datetime, newer: str | None
) -> Json | None:
    """The body for a committed verdict; None closes the form. `newer`: the permalink of a card that replaced it."""
    match outcome.claimed.verdict:
        case Verdict.WON | Verdict.RECORDED:
            return None
        case Verdict.MISTAKEN if filled is not None:
            return _corrections(filled)
        case verdict:
            text = replies.reply(
                verdict,
                outcome.claimed.life,
                user=submission.user_id,
                now=now,
                newer=newer,
                about=About.SUBMISSION,
            )
            # An id of its own, because a notice for the form must not replace this page.
            id = {"external_id": codec.external_id(submission.claim_id)}
            return _update(view.page(NOT_RECORDED, text or _HANDLED, typed=_typed(submission, filled)) | id)


def _corrections(filled: FilledForm) -> Json:
    """Messages under the fields to correct; or the same form again, if it was not read whole."""
    messages = filled.accepted.messages if isinstance(filled.accepted, FieldErrors) else {}
    # Slack takes messages for input blocks of the form only, and shows nothing at all if there is another one.
    fields = {field.id: codec.block_id(field.id) for field in filled.form.fields}
    known = {fields[field]: texts.cut(text, MAX_ERROR) for field, text in messages.items() if field in fields}
    if not known and messages and fields:
        known = {next(iter(fields.values())): texts.cut(next(iter(messages.values())), MAX_ERROR)}
    if known:
        return {"response_action": "errors", "errors": known}
    return _update(view.modal(filled.form, question=filled.question, target=filled.target, notice=_OUTDATED))


def _update(view: Json) -> Json:
    return {"response_action": "update", "view": view}


def _typed(submission: Submission, filled: FilledForm | None) -> list[tuple[str, str]]:
    """What the person entered, with the labels of the form if it is known."""
    if filled is not None:
        return view.typed(filled.form, filled.submitted)
    return [("Text", text) for text in submission.values.texts.values() if text.strip()][:_MAX_TEXTS]
