"""Turn the pages of a full text: each page is claimed like the first, and shown only to who may decide.

A view carries only ids, so every page is read again, by whichever replica gets the request. The claim rather than a
read of its own decides, because it has the one order of checks, and because it writes down who saw a page.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from bridge.forms import full_pages, view
from bridge.logs import Log
from bridge.slack import newer_card, replies
from bridge.slack.claims import Claims, ClaimValues, ClickOutcome
from bridge.slack.connections import Installations
from bridge.slack.drawing import in_thread
from bridge.slack.errors import Broken, SlackFailure
from bridge.slack.payloads.incoming import ViewAction
from bridge.slack.private_replies import public_id
from bridge.slack.replies import About
from storage.model import Connection, Intent, Json, Status, Verdict
from storage.pool import Database

_log = Log("clicks")

NOT_SHOWN: Final = "Not shown"


class FullPages:
    """Shows pages on one replica."""

    def __init__(self, *, claims: Claims, db: Database, installations: Installations) -> None:
        self._claims = claims
        self._db = db
        self._installations = installations

    async def decide(self, action: ViewAction) -> ClickOutcome:
        """Check in the scope of the signed installation whether the person may see the page; never raises."""
        return await self._claims.decide(action.click, ClaimValues(intent=Intent.SHOW), is_in_view=True)

    async def show(self, action: ViewAction, outcome: ClickOutcome) -> None:
        """Replace the page by the one that was asked for, or by the reason why it is not shown; never raises.

        A person can click again, so a failure is only logged.
        """
        id = public_id(outcome.click)
        try:
            newer = await newer_card.for_clicker(
                self._db, outcome.connection, outcome.claimed, channel=outcome.click.channel
            )
            modal = await in_thread(partial(_modal, action, outcome, newer=newer))
            if modal is None or outcome.connection is None:
                return
            failure = await self._update(modal, action, outcome.connection)
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("page_not_shown", error, interaction=id)
            return
        if failure is not None:
            _log.warning("page_not_shown", interaction=id, code=failure.code, detail=failure.detail)

    async def _update(self, modal: Json, action: ViewAction, connection: Connection) -> SlackFailure | None:
        slack = await self._installations.usable(connection)
        if isinstance(slack, Broken):
            return slack
        return await slack.update_page(modal, view_id=action.view_id, hash=action.hash)


def _modal(action: ViewAction, outcome: ClickOutcome, *, newer: str | None) -> Json | None:
    """The page, or the reason why it is not shown; None if nothing is to change."""
    claimed, target, page = outcome.claimed, action.target, action.page
    if claimed.verdict is Verdict.UNAVAILABLE or target is None or page is None:
        return None
    if claimed.verdict is not Verdict.OPENED:
        why = replies.reply(
            claimed.verdict, claimed.life, user=action.user_id, now=datetime.now(UTC), newer=newer, about=About.PAGE
        )
        return view.page(NOT_SHOWN, why) if why else None
    asked, life = claimed.asked, claimed.life
    if asked is None or asked.full_text is None or life is None or life.status is not Status.PENDING:
        return None  # a repeat, after the end
    return full_pages.modal(asked.full_text, question=asked.title, target=replace(target, page=page))
