"""A sent form beside what was asked: what the person gave, and what the kind makes of it. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, assert_never

from bridge.forms import codec
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import (
    Accepted,
    FieldErrors,
    Form,
    FormField,
    NumberField,
    OptionsField,
    PickerField,
    Submitted,
    TextField,
    ThingField,
)
from bridge.kinds.registry import KINDS
from bridge.slack.payloads.incoming import Submission, ViewAction
from bridge.things.registry import NOUNS
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
    or what was entered on an earlier page is no longer kept, and nothing of it may be taken as empty.
    """

    form: Form
    target: FormTarget
    question: str  # the title
    submitted: Submitted
    accepted: Accepted | None
    adds: bool = False  # it adds something to a thing, and decides nothing
    page: int = 0  # the page that was sent, counted from 0
    pages: int = 1
    lost: int | None = None  # the first page before it of which not everything is kept

    @property
    def turns(self) -> bool:
        """Whether another page follows the one that was sent, which has no mistakes."""
        return self.page < self.pages - 1 and self.accepted is not None and not isinstance(self.accepted, FieldErrors)

    @property
    def next_page(self) -> int:
        """The page to show now: the next one, the first one that is lost, or the first one with a mistake."""
        if self.turns:
            return self.page + 1
        if self.lost is not None:
            return self.lost
        wrong = self.accepted.messages if isinstance(self.accepted, FieldErrors) else {}
        of = [page for page, fields in enumerate(self.form.pages) if any(field.id in wrong for field in fields)]
        return self.page if self.page in of or not of else of[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """The form of a choice. `accepted` is for a whole form, `in_part` for what was entered on its first pages."""

    form: Form
    accepted: Callable[[Submitted], Accepted]
    in_part: Callable[[Submitted], Accepted]


def read(
    asked: StoredRequest, submission: Submission, *, before: Submitted | None = None
) -> FilledForm | LaterForm | None:
    """What was sent for an interaction that asked this; None if the form names no choice.

    A choice or an input that this release does not know may be of a later one: it is never taken for less than it is.
    `before` is what was entered on other pages of the form.
    """
    if submission.values.is_later:
        return LaterForm()
    target = submission.target
    if target is None or target.choice is None:
        return None
    made = _made_by(asked, target.choice)
    if made is None or is_later(made.form, submission):
        return LaterForm()
    form, pages = made.form, made.form.pages
    last = len(pages) - 1
    page = min(target.page, last)
    shown = replace(form, fields=pages[page])
    given = entered(shown, submission)
    submitted = given if before is None or not last else before.with_more(given)
    lost = next((number for number in range(page) if not _has_all(pages[number], submitted)), None)
    # Another release may divide a form into other pages, and what stands on such a page must not be left out.
    is_seen = not last or _fields(submission) == {field.id for field in shown.fields}
    if not is_seen or lost is not None or not _has_all(shown.fields, given):
        accepted = None
    elif page < last:
        accepted = _of_page(made, shown, submitted)
    else:
        accepted = made.accepted(submitted)
    return FilledForm(
        form=form,
        target=target,
        question=asked.title,
        submitted=submitted,
        accepted=accepted,
        adds=_adds(asked, target.choice),
        page=page,
        pages=len(pages),
        lost=lost,
    )


def form_of(asked: StoredRequest, choice: str | None) -> Form | None:
    """The form of a choice; None if this release does not know it."""
    made = _made_by(asked, choice) if choice is not None else None
    return made.form if made else None


def _has_all(fields: Iterable[FormField], submitted: Submitted) -> bool:
    """Whether there is a value for each field, which may be that of an empty input."""
    return all(field.id in submitted.texts or field.id in submitted.selected for field in fields)


def _of_page(made: _Made, shown: Form, submitted: Submitted) -> Accepted:
    """The mistakes on a page that is not the last one; those on later pages cannot be mistakes yet."""
    if (mistakes := check(shown, submitted)) is not None:
        return mistakes
    wrong = check(made.form, submitted)
    found = made.in_part(submitted.without(wrong.messages if wrong else ()))
    messages = found.messages if isinstance(found, FieldErrors) else {}
    here = {field.id: messages[field.id] for field in shown.fields if field.id in messages}
    return FieldErrors(messages=here) if here else {}


def _made_by(asked: StoredRequest, choice: str) -> _Made | None:
    """The form of a choice, and what its kind or noun makes of what is sent; None: this release does not know it."""
    if (kind := KINDS.get(asked.kind)) is not None:
        request = kind.read(asked.request)
        form = kind.form_of(request, choice)
        if form is None:
            return None
        return _Made(
            form=form,
            accepted=partial(kind.accepted, request, choice),
            in_part=partial(kind.accept, request, choice),
        )
    if (noun := NOUNS.get(asked.kind)) is not None and asked.request.get("moves", {}).get(choice, {}).get("has_form"):
        form = noun.form(choice, asked.request, [])
        return _Made(
            form=form,
            accepted=lambda submitted: check(form, submitted) or noun.accept(choice, submitted),
            in_part=partial(noun.accept, choice),
        )
    return None


def _adds(asked: StoredRequest, choice: str) -> bool:
    """Whether the form adds something to a thing and decides nothing."""
    return asked.kind in NOUNS and bool(asked.request.get("moves", {}).get(choice, {}).get("adds"))


def _fields(submission: Submission | ViewAction) -> set[str]:
    """The fields whose inputs the person saw, as far as they are of this version."""
    return {field for block in submission.inputs if (field := codec.field_of(block)) is not None}


def is_later(form: Form, submission: Submission | ViewAction) -> bool:
    """Whether the person saw an input that the form does not have, so that a later release opened it."""
    return bool(_fields(submission) - {field.id for field in form.fields})


def entered(form: Form, submission: Submission | ViewAction) -> Submitted:
    """The values of the form's own fields; a field without a value of its type is left out.

    Of things nothing is selected if the person saw no input for them, because there were none to select.
    """
    submitted, values, seen = Submitted(), submission.values, _fields(submission)
    for field in form.fields:
        match field:
            case TextField() | NumberField() | PickerField():
                if (text := values.texts.get(field.id)) is not None:
                    submitted.texts[field.id] = text
            case OptionsField():
                if (selected := values.selected.get(field.id)) is not None:
                    submitted.selected[field.id] = _option_ids(list(field.options), selected)
            case ThingField():
                if field.id in values.selected or field.id not in seen:
                    submitted.selected[field.id] = list(values.selected.get(field.id, ()))
            case _:
                assert_never(field)
    return submitted


def _option_ids(options: Sequence[str], positions: Sequence[str]) -> list[str]:
    """The ids of the options at these positions, and _NOT_OFFERED for what is not a position among them."""
    return [
        options[int(position)] if _POSITION.fullmatch(position) and int(position) < len(options) else _NOT_OFFERED
        for position in positions
    ]
