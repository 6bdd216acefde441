"""Say in open forms that their question has ended, so that a person does not go on typing in vain.

Best effort: a form that is not told is answered with the truth when it is sent. The clicks that opened forms are the
register of forms, so whichever replica edits a card to show the end can update the forms that were opened from it.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bridge import ids
from bridge.forms import codec, given, view
from bridge.forms.codec import FormTarget
from bridge.kinds.registry import KINDS
from bridge.logs import Log
from bridge.slack import replies
from bridge.slack.client import Client
from bridge.slack.errors import GiveUp
from bridge.slack.replies import About
from storage import errors, forms
from storage.forms import OpenedForm
from storage.model import Handle, Interaction, Json, Status, Verdict
from storage.pool import Database

_log = Log("clicks")

FORM_SECONDS: Final = 3600.0
"""A form that was opened longer ago is taken as closed."""

MAX_FORMS: Final = 20
"""Forms of one card that are told, the latest first."""

MAX_CARDS: Final = 50
"""Cards whose forms are told at once; the forms of further ones are not."""


class FormNotices:
    """Updates the open forms of cards on one replica."""

    def __init__(self, *, db: Database) -> None:
        self._db = db
        self._running: set[asyncio.Task[None]] = set()

    def start(self, interaction: Interaction, handle: Handle, client: Client, *, newer: str | None) -> None:
        """Update the forms that were opened from this card, whose interaction has ended, without waiting for it.

        `newer` is the permalink of a card that replaced this one.
        """
        if not interaction.forms or interaction.kind not in KINDS or len(self._running) >= MAX_CARDS:
            return
        task = asyncio.create_task(self._update(interaction, handle, client, newer=newer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait until the updates are done; the timeouts of their calls bound it."""
        while self._running:
            await asyncio.wait(self._running)

    async def _update(self, interaction: Interaction, handle: Handle, client: Client, *, newer: str | None) -> None:
        try:
            opened = await forms.opened(
                self._db,
                interaction.organization_id,
                interaction.id,
                handle,
                seconds=FORM_SECONDS,
                limit=MAX_FORMS,
            )
            for claim_id, modal in _modals(interaction, handle, opened, newer=newer):
                if not await self._tell(interaction, claim_id, modal, client):
                    return
        except errors.Unavailable as error:
            _log.warning("forms_not_told", interaction=ids.encode("int", interaction.id), cause=error.cause)
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("forms_not_told", error, interaction=ids.encode("int", interaction.id))

    async def _tell(self, interaction: Interaction, claim_id: bytes, modal: Json, client: Client) -> bool:
        """Update one form. False if Slack would refuse the next ones too; a form that is closed is no failure."""
        failure = await client.update_form(modal, external_id=codec.external_id(claim_id))
        if failure is None or isinstance(failure, GiveUp):
            return True
        _log.warning("forms_not_told", interaction=ids.encode("int", interaction.id), code=failure.code)
        return False


def _is_winners(form: OpenedForm, interaction: Interaction) -> bool:
    """Whether this may be the form that gave the answer, which its acknowledgement closes."""
    answer = interaction.answer or {}
    by = (answer.get("by") or {}).get("user")
    return answer.get("via") == "form" and form.user_id == by and form.choice == interaction.choice


def _modals(
    interaction: Interaction, handle: Handle, opened: Iterable[OpenedForm], *, newer: str | None
) -> Iterator[tuple[bytes, Json]]:
    """Each form with a notice above its inputs, by the claim id that opened it; not the form that gave the answer."""
    kind = KINDS[interaction.kind]
    request = kind.read(interaction.request)
    verdict = Verdict.TAKEN if interaction.status is Status.ANSWERED else Verdict(interaction.status.value)
    for form in opened:
        shape = None if _is_winners(form, interaction) else kind.form_of(request, form.choice)
        notice = replies.reply(
            verdict, interaction, user=form.user_id, now=datetime.now(UTC), newer=newer, about=About.OPEN_FORM
        )
        if shape is None or notice is None:  # None: this release cannot make the form, or has nothing to say
            continue
        target = FormTarget(interaction=interaction.id, choice=form.choice, channel=handle.channel, ts=handle.ts)
        if len(shape.pages) > 1:
            target = replace(target, form=form.claim_id, page=form.page or 0, is_turned=form.page is not None)
            shape = given.starting_with(shape, given.read(form.entered)) if form.entered else shape
        question = str(interaction.request.get("title", ""))
        yield form.claim_id, view.modal(shape, question=question, target=target, notice=notice)
