"""Go back a page of a form, without losing what was entered on any of its pages.

The button is claimed like the click that opened the form, so that only a person who may answer sees a page, and every
page that was seen is in the audit. It decides nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bridge.forms import given, view
from bridge.logs import Log
from bridge.slack import newer_card, replies
from bridge.slack.claims import Claims, ClaimValues, ClickOutcome
from bridge.slack.connections import Installations
from bridge.slack.errors import Broken, SlackFailure
from bridge.slack.forms import filled_form, page_rows
from bridge.slack.payloads.incoming import ViewAction
from bridge.slack.private_replies import public_id
from bridge.slack.replies import About
from storage.model import Connection, Intent, Json, Verdict
from storage.pool import Database

_log = Log("clicks")

NOT_SHOWN: Final = "Not shown"


class FormPages:
    """Shows earlier pages of forms on one replica."""

    def __init__(self, *, claims: Claims, db: Database, installations: Installations) -> None:
        self._claims = claims
        self._db = db
        self._installations = installations

    async def decide(self, action: ViewAction) -> ClickOutcome:
        """Check in the scope of the signed installation whether the person may see the page; never raises."""
        return await self._claims.decide(action.click, ClaimValues(intent=Intent.OPEN), is_in_view=True)

    async def show(self, action: ViewAction, outcome: ClickOutcome) -> None:
        """Replace the page by the one before it, or by the reason why it is not shown; never raises.

        A person can click again, so a failure is only logged.
        """
        id = public_id(outcome.click)
        try:
            modal = await self._modal(action, outcome)
            if modal is None or outcome.connection is None:
                return
            failure = await self._update(modal, action, outcome.connection)
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("page_not_shown", error, interaction=id)
            return
        if failure is not None:
            _log.warning("page_not_shown", interaction=id, code=failure.code, detail=failure.detail)

    async def _modal(self, action: ViewAction, outcome: ClickOutcome) -> Json | None:
        """The page before, with what was entered on it; or the reason why it is not shown; None to change nothing."""
        claimed, target, connection = outcome.claimed, action.target, outcome.connection
        if connection is None or target is None or claimed.verdict is Verdict.UNAVAILABLE:
            return None
        if claimed.verdict is not Verdict.OPENED:
            newer = await newer_card.for_clicker(self._db, connection, claimed, channel=outcome.click.channel)
            now = datetime.now(UTC)
            why = replies.reply(
                claimed.verdict, claimed.life, user=action.user_id, now=now, newer=newer, about=About.PAGE
            )
            return view.page(NOT_SHOWN, why) if why else None
        form = filled_form.form_of(claimed.asked, target.choice) if claimed.asked else None
        if claimed.asked is None or form is None or filled_form.is_later(form, action):
            return None
        key = page_rows.key(action, connection)
        typed = given.storable(filled_form.entered(form.on_page(target.page), action))
        submitted = (await page_rows.read(self._db, key)).with_more(typed)
        page = target.page - 1
        await page_rows.write(self._db, key, submitted, page=page, claim_id=action.claim_id)
        return view.modal(
            given.starting_with(form, submitted),
            question=claimed.asked.title,
            target=replace(target, page=page, is_turned=True),
        )

    async def _update(self, modal: Json, action: ViewAction, connection: Connection) -> SlackFailure | None:
        slack = await self._installations.usable(connection)
        if isinstance(slack, Broken):
            return slack
        return await slack.update_page(modal, view_id=action.view_id, hash=action.hash)
