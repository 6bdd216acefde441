"""Handle one parsed click: decide it within Slack's 3 s, and do what follows its acknowledgement.

The claim itself writes everything that the click causes. What follows are hints to other parts, an edit of the clicked
card, a form or a private reply; one of them can fail without the others. The same follows a submission, which is
decided in `bridge.slack.forms.submissions`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from datetime import UTC, datetime
from uuid import UUID

from cachetools import LRUCache, TTLCache

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Fallback, Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.slack import newer_card, replies, thing_replies
from bridge.slack.claims import Claims, ClaimValues, ClickedThing, ClickOutcome
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.forms.opening import FormOpener
from bridge.slack.message_cache import MessageCache
from bridge.slack.payloads.incoming import Click
from bridge.slack.private_replies import PrivateReplies, public_id
from storage import cards, connections, errors, notes
from storage.model import Connection, Handle, Intent, Life, Status, Verdict
from storage.pool import Database

_log = Log("clicks")

_REPEATABLE_SECONDS = 600.0  # a request is accepted from 300 s before the time of its signature until 300 s after it
_MAX_REMEMBERED = 10_000
_UNROUTABLE_FIX = "See askbridge connections list: connect or enable this workspace, or remove the app from it."


class Clicks:
    """Decides clicks, and does what follows clicks and submissions."""

    def __init__(
        self,
        *,
        claims: Claims,
        db: Database,
        reader: Reader,
        message_cache: MessageCache,
        notifier: Notifier,
        expected: ExpectedEdits,
        forms: FormOpener,
        replies: PrivateReplies,
        metrics: Metrics | None = None,
    ) -> None:
        self._claims = claims
        self._db = db
        self._reader = reader
        self._message_cache = message_cache
        self._notifier = notifier
        self._expected = expected
        self._forms = forms
        self._replies = replies
        self._metrics = metrics or Metrics()
        self._followed: TTLCache[tuple[bytes, str], bool] = TTLCache(maxsize=_MAX_REMEMBERED, ttl=_REPEATABLE_SECONDS)
        self._noted: LRUCache[UUID, bool] = LRUCache(maxsize=_MAX_REMEMBERED)

    async def decide(self, click: Click) -> ClickOutcome:
        """Claim the interaction in the scope of the signed installation; never raises, and takes less than 3 s."""
        return await self._claims.decide(click, ClaimValues(intent=_intent(click)))

    async def after(self, outcome: ClickOutcome) -> None:
        """Do what follows a click, and record that clicks of its connection arrive: once in the life of a replica."""
        await self._follow(outcome)
        connection = outcome.connection
        if connection is not None and outcome.certain and connection.id not in self._noted:
            await self._logging(self._note(connection), outcome.click)

    async def _note(self, connection: Connection) -> None:
        """Record that clicks of a connection reach the bridge; without a database the next click does."""
        with contextlib.suppress(errors.Unavailable):
            if await connections.note_click(self._db, connection.scope):
                self._noted[connection.id] = True

    async def _follow(self, outcome: ClickOutcome) -> None:
        """Wake waiting requests, have the clicked card edited, open the form, and reply to the clicker privately.

        Runs once for each request and verdict: a repeat would use up the response URL with the same reply, and edit a
        card that is up to date. Each replica runs it once, because the first one may have died before its reply.
        """
        click, connection, claimed = outcome.click, outcome.connection, outcome.claimed
        if outcome.certain:
            if connection:
                _log.info("click_decided", **_keys(outcome))
            else:
                _log.info("click_unroutable", **_keys(outcome), fix=_UNROUTABLE_FIX)
        self._reader.report(outcome.ended)
        if (followed := (click.claim_id, claimed.verdict)) in self._followed:
            return
        self._followed[followed] = True
        if click.foreign_host is not None:
            self._metrics.response_url_refused()
            _log.warning("response_url_refused", interaction=public_id(click), host=click.foreign_host)
        if outcome.thing is not None and connection is not None:
            await self._follow_thing(outcome, outcome.thing, connection)
            return
        if claimed.verdict is Verdict.WON:
            self._metrics.ended(Status.ANSWERED)
        if connection and click.interaction and claimed.life and claimed.life.status is not Status.PENDING:
            await self._follow_end(outcome, connection, click.interaction, claimed.life)
        elif claimed.verdict is not Verdict.OPENED or not (outcome.is_in_view or await self._forms.open(outcome)):
            await self._logging(self._reply(outcome), click)

    async def _follow_end(
        self, outcome: ClickOutcome, connection: Connection, interaction_id: UUID, life: Life
    ) -> None:
        """Have the cards of an interaction that has ended show that, and tell a clicker who did not end it."""
        click, claimed = outcome.click, outcome.claimed
        self._message_cache.ended(connection.scope, interaction_id, life)
        # Before the card loop is woken. A submission has no response URL to replace the card with; a winner of one is
        # told in another way if the card is not edited.
        if (not outcome.is_in_view or claimed.verdict is Verdict.WON) and not self._expected.add(
            click, connection, claimed
        ):
            self._metrics.fell_back(Fallback.DROPPED)
        self._notifier.interaction_changed(connection.organization_id, interaction_id)
        self._notifier.cards.set()
        if not claimed.is_settling:  # else this click won, and the clicked card will show that
            await asyncio.gather(
                self._logging(self._heal(click, connection, click.interaction), click),
                self._logging(self._reply(outcome), click),
            )

    async def _follow_thing(self, outcome: ClickOutcome, thing: ClickedThing, connection: Connection) -> None:
        """Have the cards of a thing show what a click changed; a click that changed nothing learns why.

        A card that shows an earlier state of the thing is edited in both cases.
        """
        click, claimed = outcome.click, outcome.claimed
        if claimed.verdict is Verdict.OPENED:
            if not (outcome.is_in_view or await self._forms.open(outcome)):
                await self._logging(self._reply(outcome), click)
            if click.is_on_note:
                await self._record_note(outcome.click, thing, connection)
            return
        for entry in thing.happened:
            _log.info("thing_moved", thing=thing.noun.public_id(thing.found.thing.id), move=entry.move)
            self._metrics.thing_moved(thing.noun.name, entry.move)
        if thing.noun.stirs_others(thing.happened):
            self._notifier.things.set()
        is_over = claimed.life is not None and claimed.life.status is not Status.PENDING
        if click.is_on_note:
            await self._follow_note(outcome, thing, connection)
            return
        if (is_over or thing.happened) and not (outcome.is_in_view and not thing.happened):
            moves = thing.found.thing.moves
            if not self._expected.add(click, connection, claimed, moves=moves):
                self._metrics.fell_back(Fallback.DROPPED)
        self._notifier.thing_changed(connection.organization_id, thing.found.thing.id)
        if claimed.is_settling:
            return
        if is_over:
            await asyncio.gather(
                self._logging(self._heal(click, connection, thing.found.thing.anchor_id), click),
                self._logging(self._reply(outcome), click),
            )
        else:
            await self._logging(self._reply(outcome), click)

    async def _follow_note(self, outcome: ClickOutcome, thing: ClickedThing, connection: Connection) -> None:
        """Have the card and its notes show what a click on a note changed, or tell why it changed nothing.

        A note is no card, so none is made of it; one that should have lost its buttons is edited again.
        """
        click = outcome.click
        self._notifier.thing_changed(connection.organization_id, thing.found.thing.id)
        await self._record_note(click, thing, connection)
        self._notifier.notes_waiting()
        await self._logging(self._reply(outcome), click)

    async def _record_note(self, click: Click, thing: ClickedThing, connection: Connection) -> None:
        """Have the clicked note edited if its round is over, also one whose post was not recorded."""
        if click.channel is None or click.ts is None:
            return
        handle, of_thing = Handle(channel=click.channel, ts=click.ts), thing.found.thing
        try:
            if click.interaction is not None and click.thread_ts is not None:
                await notes.adopt(
                    self._db, connection.scope, of_thing.id, click.interaction, handle, thread_ts=click.thread_ts
                )
            await notes.edit_again(self._db, connection.scope, handle)
        except errors.Unavailable as error:
            _log.warning("note_not_edited", interaction=public_id(click), cause=error.cause)

    async def _logging(self, task: Awaitable[None], click: Click) -> None:
        """Await one task and log its failure, so that it does not stop the other."""
        try:
            await task
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("aftermath_failed", error, interaction=public_id(click))

    async def _heal(self, click: Click, connection: Connection, owner: UUID | None) -> None:
        """Have the clicked card of this interaction edited, even a card whose post was not recorded."""
        if owner is None or click.channel is None or click.ts is None or click.is_ephemeral:
            return
        handle = Handle(channel=click.channel, ts=click.ts)
        try:
            await cards.heal(self._db, connection.scope, owner, handle, stray_id=ids.new())
            self._notifier.cards.set()
        except errors.Unavailable as error:
            _log.warning("card_not_healed", interaction=public_id(click), cause=error.cause)

    async def _reply(self, outcome: ClickOutcome) -> None:
        """Send the clicker privately what neither the card nor a form shows."""
        click, claimed = outcome.click, outcome.claimed
        is_over = claimed.life is not None and claimed.life.status is not Status.PENDING
        if outcome.is_in_view or (claimed.verdict is Verdict.OPENED and is_over):
            return  # the form has said it; a repeat of an opening click, after the end, learns it from the card

        def text(newer: str | None = None) -> str | None:
            if outcome.thing is not None:
                return thing_replies.reply(claimed, outcome.thing)
            return replies.reply(
                claimed.verdict,
                claimed.life,
                user=click.user_id,
                now=datetime.now(UTC),
                newer=newer,
                is_unselected=click.is_unselected,
            )

        async def compose() -> str:
            newer = await newer_card.for_clicker(self._db, outcome.connection, claimed, channel=click.channel)
            return text(newer) or ""

        if text() is not None:
            await self._replies.send(click, outcome.connection, compose, verdict=claimed.verdict)


def _intent(click: Click) -> Intent:
    if click.opens:
        return Intent.OPEN
    if click.shows:
        return Intent.SHOW
    return Intent.MISTAKEN if click.is_unselected else Intent.ANSWER


def _keys(outcome: ClickOutcome) -> dict[str, object]:
    return {
        "verdict": str(outcome.claimed.verdict),
        "interaction": public_id(outcome.click),
        "user": outcome.click.user_id,
        "via": "form" if outcome.is_in_view else None,
        "repeats": outcome.claimed.repeats or None,
    }
