"""A sent form beside what was asked: what the person gave, and what the kind makes of it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from bridge.forms import codec
from bridge.forms.codec import FormTarget
from bridge.forms.form import Accepted, Form, OptionsField, Submitted, TextField
from bridge.kinds.registry import KINDS
from bridge.slack.payloads.incoming import FormValues, Submission
from storage.model import StoredRequest

_POSITION = re.compile("0|[1-9][0-9]{0,2}")
_NOT_OFFERED: Final = "\x00"  # is the id of no option


@dataclass(frozen=True, slots=True)
class LaterForm:
    """Only a later release, of which other replicas may be, can read what was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """What a person sent in a form.

    `accepted` is None if inputs of the form are missing: Slack then sent the state of another form than the person saw,
    and nothing in it may be taken as empty.
    """

    form: Form
    target: FormTarget
    question: str  # the title
    submitted: Submitted
    accepted: Accepted | None


def read(asked: StoredRequest, submission: Submission) -> FilledForm | LaterForm | None:
    """What was sent for an interaction that asked this; None if the form names no choice.

    A choice or an input that this release does not know may be of a later one: it is never taken for less than it is.
    """
    kind = KINDS.get(asked.kind)
    if kind is None or submission.values.is_later:
        return LaterForm()
    target = submission.target
    if target is None or target.choice is None:
        return None
    request = kind.read(asked.request)
    form = kind.form_of(request, target.choice)
    if form is None or _fields(submission) - {field.id for field in form.fields}:
        return LaterForm()
    submitted = _submitted(form, submission.values)
    is_complete = all(field.id in submitted.texts or field.id in submitted.selected for field in form.fields)
    return FilledForm(
        form=form,
        target=target,
        question=asked.title,
        submitted=submitted,
        accepted=kind.accepted(request, target.choice, submitted) if is_complete else None,
    )


def _fields(submission: Submission) -> set[str]:
    """The fields whose inputs the person saw, as far as they are of this version."""
    return {field for block in submission.inputs if (field := codec.field_of(block)) is not None}


def _submitted(form: Form, values: FormValues) -> Submitted:
    """The values of the form's own fields; a field without a value of its type is left out."""
    submitted = Submitted()
    for field in form.fields:
        match field:
            case TextField():
                if (text := values.texts.get(field.id)) is not None:
                    submitted.texts[field.id] = text
            case OptionsField():
                if (selected := values.selected.get(field.id)) is not None:
                    submitted.selected[field.id] = _option_ids(list(field.options), selected)
            case _:
                assert_never(field)
    return submitted


def _option_ids(options: Sequence[str], positions: Sequence[str]) -> list[str]:
    """The ids of the options at these positions, and _NOT_OFFERED for what is not a position among them."""
    return [
        options[int(position)] if _POSITION.fullmatch(position) and int(position) < len(options) else _NOT_OFFERED
        for position in positions
    ]
