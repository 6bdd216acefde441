"""Open the form that a click asks for, at once and from memory: the trigger of a click lives 3 s."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from bridge.forms import codec, full_pages, view
from bridge.forms.codec import FormTarget
from bridge.kinds.registry import KINDS
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.slack.claims import ClickedThing, ClickOutcome
from bridge.slack.connections import Installations
from bridge.slack.drawing import in_thread
from bridge.slack.errors import Broken, SlackFailure, classify
from bridge.slack.payloads.incoming import Click
from bridge.slack.private_replies import public_id
from bridge.things import drawing
from storage.model import Json, StoredRequest
from storage.pool import Database

_log = Log("clicks")

TRIGGER_SECONDS: Final = 3.0
_LISTED_SECONDS: Final = 1.0  # to read the things that a form lists
_NO_FORM: Final = "no_form"  # this release does not know the form
_NO_TRIGGER: Final = "no_trigger"


class FormOpener:
    """Opens forms on one replica, each at most `seconds` after its click arrived."""

    def __init__(
        self,
        *,
        db: Database,
        installations: Installations,
        metrics: Metrics | None = None,
        seconds: float = TRIGGER_SECONDS,
    ) -> None:
        self._db = db
        self._installations = installations
        self._metrics = metrics or Metrics()
        self._seconds = seconds

    async def open(self, outcome: ClickOutcome) -> bool:
        """Open the form for a click whose verdict is `opened`; never raises. True if the form is open.

        A repeat of the click's envelope opens no second form, on any replica.
        """
        click = outcome.click
        try:
            failure = await self._open(outcome)
        except Exception as error:  # noqa: BLE001  -- a bug in the kind or the bridge; the clicker must be told
            _log.failure("form_not_opened", error, interaction=public_id(click))
            self._metrics.form_not_opened("unexpected_error")
            return False
        if failure is None:
            self._metrics.form_opened()
            return True
        code, detail = (failure, None) if isinstance(failure, str) else (failure.code, failure.detail)
        _log.warning("form_not_opened", interaction=public_id(click), code=code, detail=detail)
        self._metrics.form_not_opened(code)
        return False

    async def _open(self, outcome: ClickOutcome) -> SlackFailure | str | None:
        click, connection, asked = outcome.click, outcome.connection, outcome.claimed.asked
        modal = None
        if asked is not None and outcome.thing is not None:
            modal = await self._of_thing(click, asked, outcome.thing)
        elif asked is not None:
            modal = await _drawn(click, asked)
        if connection is None or modal is None:
            return _NO_FORM
        if click.trigger_id is None:
            return _NO_TRIGGER
        slack = await self._installations.usable(connection)
        if isinstance(slack, Broken):
            return slack
        try:
            async with asyncio.timeout_at(outcome.arrived_at + self._seconds):
                return await slack.open_form(modal, trigger_id=click.trigger_id)
        except TimeoutError as error:
            return classify(error)

    async def _of_thing(self, click: Click, asked: StoredRequest, thing: ClickedThing) -> Json | None:
        """The form of a move; one that lists open things is made from those that are open now."""
        move = asked.request.get("moves", {}).get(click.choice, {})
        if click.interaction is None or click.choice is None or not move.get("has_form"):
            return None
        offered = []
        if thing.noun.offers_things(click.choice):
            offered = await drawing.choosable(self._db.within(_LISTED_SECONDS), thing.found)
        form = thing.noun.form(click.choice, asked.request, offered)
        return view.modal(
            form,
            question=asked.title,
            target=_target(click, click.interaction),
            external_id=codec.external_id(click.claim_id),
        )


async def _drawn(click: Click, asked: StoredRequest) -> Json | None:
    """The view for this click; a full text takes too long to draw on the event loop."""
    return await in_thread(partial(_modal, click, asked)) if click.shows else _modal(click, asked)


def _modal(click: Click, asked: StoredRequest) -> Json | None:
    """The view that this click asks for, a form or the full text; None if this release has none."""
    if click.interaction is None:
        return None
    target = _target(click, click.interaction)
    question, external_id = asked.title, codec.external_id(click.claim_id)
    if click.shows and asked.full_text is not None:
        return full_pages.modal(asked.full_text, question=question, target=target) | {"external_id": external_id}
    if click.choice is None or asked.kind not in KINDS:
        return None
    kind = KINDS[asked.kind]
    form = kind.form_of(kind.read(asked.request), click.choice)
    if form is not None and len(form.pages) > 1:
        target = replace(target, form=click.claim_id)
    return view.modal(form, question=question, target=target, external_id=external_id) if form else None


def _target(click: Click, interaction: UUID) -> FormTarget:
    ts = None if click.is_on_note else click.ts  # where the card is that the form belongs to
    return FormTarget(
        interaction=interaction, choice=click.choice, channel=click.channel, ts=ts, thread_ts=click.thread_ts
    )
