"""Handle one parsed click: decide it within Slack's 3 s, and do what follows its acknowledgement.

The claim itself writes everything that the click causes. What follows are hints to other parts, an edit of the clicked
card and a private reply; one of them can fail without the others.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from cachetools import LRUCache, TTLCache

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Fallback, Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.slack import newer_card, replies
from bridge.slack.connections import Directory
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.message_cache import MessageCache
from bridge.slack.payloads.incoming import Click
from bridge.slack.people import People
from bridge.slack.private_replies import PrivateReplies, public_id
from storage import cards, connections, errors, interactions
from storage.deadlines import EndedInteraction
from storage.interactions import Claimed
from storage.model import Connection, Handle, Intent, Status, Verdict
from storage.pool import Database

_log = Log("clicks")

_REPEATABLE_SECONDS = 600.0  # a request is accepted from 300 s before the time of its signature until 300 s after it
_MAX_REMEMBERED = 10_000
_NOT_LOOKED_UP = "Slack did not say in time whether the clicker belongs to the enterprise"
_UNROUTABLE_FIX = "See askbridge connections list: connect or enable this workspace, or remove the app from it."
_GONE = Claimed(verdict=Verdict.GONE, repeats=0, life=None)
_UNAVAILABLE = Claimed(verdict=Verdict.UNAVAILABLE, repeats=0, life=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickOutcome:
    """The result of one click."""

    click: Click
    connection: Connection | None  # None: the installation has no active connection
    claimed: Claimed
    ended: Sequence[EndedInteraction] = ()  # interactions that the claim ended because their deadline had passed

    @property
    def certain(self) -> bool:
        """Whether the verdict of the click is committed, so that the response to Slack may be 200."""
        return self.claimed.verdict is not Verdict.UNAVAILABLE


class Clicks:
    """Decides clicks. `claims` is a database pool that nothing else uses."""

    def __init__(
        self,
        *,
        claims: Database,
        db: Database,
        reader: Reader,
        message_cache: MessageCache,
        notifier: Notifier,
        expected: ExpectedEdits,
        people: People,
        replies: PrivateReplies,
        metrics: Metrics | None = None,
    ) -> None:
        self._claims = claims
        self._db = db
        self._reader = reader
        self._message_cache = message_cache
        self._notifier = notifier
        self._expected = expected
        self._people = people
        self._replies = replies
        self._metrics = metrics or Metrics()
        self._followed: TTLCache[tuple[bytes, str], bool] = TTLCache(maxsize=_MAX_REMEMBERED, ttl=_REPEATABLE_SECONDS)
        self._noted: LRUCache[UUID, bool] = LRUCache(maxsize=_MAX_REMEMBERED)
        self._directory = Directory()

    async def decide(self, click: Click) -> ClickOutcome:
        """Claim the interaction in the scope of the signed installation; never raises, and takes less than 3 s."""
        clock = asyncio.get_running_loop().time
        began = clock()
        deadline = began + interactions.CLAIM_SECONDS
        connection, ended = None, list[EndedInteraction]()
        try:
            connection = await self._claims.insist(
                lambda runs: self._directory.find(
                    runs, app_id=click.app_id, enterprise_id=click.enterprise_id, team_id=click.installed_team
                ),
                seconds=deadline - clock(),
            )
            claimed = await self._claim(click, connection, deadline=deadline, ended=ended) if connection else _GONE
        except errors.Unavailable as error:
            _log.warning("click_unavailable", interaction=public_id(click), cause=error.cause)
            claimed = _UNAVAILABLE
        except Exception as error:  # noqa: BLE001  -- a bug in the bridge; Bolt would swallow the error without logging it
            _log.failure("click_failed", error, interaction=public_id(click))
            claimed = _UNAVAILABLE
        unroutable = connection is None and claimed.verdict is Verdict.GONE
        self._metrics.decided(None if unroutable else claimed.verdict, seconds=clock() - began)
        return ClickOutcome(click=click, connection=connection, claimed=claimed, ended=ended)

    async def after(self, outcome: ClickOutcome) -> None:
        """Do what follows a click, and record that clicks of its connection arrive: once in the life of a replica."""
        await self._follow(outcome)
        connection = outcome.connection
        if connection is not None and outcome.certain and connection.id not in self._noted:
            await self._logging(self._note(connection), outcome.click)

    async def _note(self, connection: Connection) -> None:
        """Record that clicks of a connection reach the bridge; without a database the next click does."""
        with contextlib.suppress(errors.Unavailable):
            await connections.note_click(self._db, connection.scope)
            self._noted[connection.id] = True

    async def _follow(self, outcome: ClickOutcome) -> None:
        """Wake waiting requests, have the clicked card edited, and reply to the clicker privately.

        Runs once for each request and verdict: a repeat would use up the response URL with the same reply, and edit a
        card that is up to date. Each replica runs it once, because the first one may have died before its reply.
        """
        click, connection, claimed = outcome.click, outcome.connection, outcome.claimed
        if outcome.certain:
            if connection:
                _log.info("click_decided", **_keys(click, claimed))
            else:
                _log.info("click_unroutable", **_keys(click, claimed), fix=_UNROUTABLE_FIX)
        self._reader.report(outcome.ended)
        if (followed := (click.claim_id, claimed.verdict)) in self._followed:
            return
        self._followed[followed] = True
        if click.foreign_host is not None:
            self._metrics.response_url_refused()
            _log.warning("response_url_refused", interaction=public_id(click), host=click.foreign_host)
        if claimed.verdict is Verdict.WON:
            self._metrics.ended(Status.ANSWERED)
        if connection and click.interaction and claimed.life and claimed.life.status is not Status.PENDING:
            self._message_cache.ended(connection.scope, click.interaction, claimed.life)
            if not self._expected.add(click, connection, claimed):  # before the card loop is woken
                self._metrics.fell_back(Fallback.DROPPED)
            self._notifier.interaction_changed(connection.organization_id, click.interaction)
            self._notifier.cards.set()
            if not claimed.is_settling:  # else this click won, and the clicked card will show that
                await asyncio.gather(
                    self._logging(self._heal(click, connection), click),
                    self._logging(self._reply(click, connection, claimed), click),
                )
        else:
            await self._logging(self._reply(click, connection, claimed), click)

    async def _logging(self, task: Awaitable[None], click: Click) -> None:
        """Await one task and log its failure, so that it does not stop the other."""
        try:
            await task
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("aftermath_failed", error, interaction=public_id(click))

    async def _claim(
        self, click: Click, connection: Connection, *, deadline: float, ended: list[EndedInteraction]
    ) -> Claimed:
        """Claim; if that depends on whether the clicker is a colleague, find it out and claim again."""
        clock = asyncio.get_running_loop().time
        request = interactions.ClaimRequest(
            scope=connection.scope,
            interaction_id=click.interaction,
            claim_id=click.claim_id,
            event_id=ids.new(),
            choice=click.choice,
            intent=_intent(click),
            given=None,
            user_id=click.user_id,
            user_name=click.user_name,
            user_team=click.user_team,
            channel=click.channel,
            ts=click.ts,
            is_colleague=False if click.user_team in connection.home_teams else None,
        )
        claimed = await interactions.claim(self._claims, request, seconds=deadline - clock(), ended=ended)
        if not claimed.is_undecided:
            return claimed
        found = await self._people.is_colleague(connection, click.user_id, click.user_team)
        if found is None:
            _log.warning("click_unavailable", interaction=public_id(click), cause=_NOT_LOOKED_UP)
            return claimed
        request = replace(request, is_colleague=found)
        return await interactions.claim(self._claims, request, seconds=deadline - clock(), ended=ended)

    async def _heal(self, click: Click, connection: Connection) -> None:
        """Have the clicked card edited, even a card whose post was not recorded."""
        if click.interaction is None or click.channel is None or click.ts is None or click.is_ephemeral:
            return
        handle = Handle(channel=click.channel, ts=click.ts)
        try:
            await cards.heal(self._db, connection.scope, click.interaction, handle, stray_id=ids.new())
            self._notifier.cards.set()
        except errors.Unavailable as error:
            _log.warning("card_not_healed", interaction=public_id(click), cause=error.cause)

    async def _newer(self, click: Click, connection: Connection | None, claimed: Claimed) -> str | None:
        """The permalink of a card that replaced the clicked one, preferably in the same channel; None without one."""
        if claimed.verdict is not Verdict.SUPERSEDED or connection is None or claimed.life is None:
            return None
        try:
            return await newer_card.permalink(
                self._db, connection.organization_id, claimed.life, channel=click.channel, anywhere=True
            )
        except errors.Unavailable as error:
            _log.warning("newer_card_not_found", interaction=public_id(click), cause=error.cause)
            return None

    async def _reply(self, click: Click, connection: Connection | None, claimed: Claimed) -> None:
        """Send the clicker privately what the card does not show."""

        def text(newer: str | None = None) -> str | None:
            return replies.reply(
                claimed.verdict,
                claimed.life,
                user=click.user_id,
                now=datetime.now(UTC),
                newer=newer,
                is_unselected=click.is_unselected,
            )

        async def compose() -> str:
            return text(await self._newer(click, connection, claimed)) or ""

        if text() is not None:
            await self._replies.send(click, connection, compose, verdict=claimed.verdict)


def _intent(click: Click) -> Intent:
    if click.opens:
        return Intent.OPEN
    return Intent.MISTAKEN if click.is_unselected else Intent.ANSWER


def _keys(click: Click, claimed: Claimed) -> dict[str, object]:
    return {
        "verdict": str(claimed.verdict),
        "interaction": public_id(click),
        "user": click.user_id,
        "repeats": claimed.repeats or None,
    }
