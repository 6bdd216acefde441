"""One click, from parsed to settled: decided within Slack's patience, and what comes after its acknowledgement.

What the click causes was written by the claim itself; here follow hints and courtesies, and each may fail alone.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from cachetools import TTLCache

from bridge import ids
from bridge.handles import Handles
from bridge.logs import Log
from bridge.metrics import Metrics, Reply
from bridge.reader import Reader
from bridge.slack import client, replies
from bridge.slack.connections import Directory
from bridge.slack.incoming import Click
from bridge.wake import Wake
from storage import cards, errors, interactions
from storage.deadlines import EndedInteraction
from storage.interactions import Claimed
from storage.model import Connection, Handle, Intent, Status, Verdict
from storage.pool import Database

_log = Log("clicks")

_MOST_REPLIES = 200  # under way at once; a flood of clicks must not become a flood of calls
_REPEATABLE_SECONDS = 600.0  # an envelope is taken from 300 s before the time of its signature until 300 s after it
_MOST_REMEMBERED = 10_000
_GONE = Claimed(verdict=Verdict.GONE, repeats=0, life=None)
_UNAVAILABLE = Claimed(verdict=Verdict.UNAVAILABLE, repeats=0, life=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one click."""

    click: Click
    connection: Connection | None  # None: no active connection has this installation
    claimed: Claimed
    ended: Sequence[EndedInteraction] = ()  # by their deadline, which this click met

    @property
    def certain(self) -> bool:
        """Whether the click has its verdict, so that Slack may be told 200."""
        return self.claimed.verdict is not Verdict.UNAVAILABLE


class Clicks:
    """Decides clicks; `claims` is the pool that nothing else may use."""

    def __init__(
        self,
        *,
        claims: Database,
        db: Database,
        reader: Reader,
        handles: Handles,
        wake: Wake,
        replies: aiohttp.ClientSession,
        metrics: Metrics | None = None,
    ) -> None:
        self._claims = claims
        self._db = db
        self._reader = reader
        self._handles = handles
        self._wake = wake
        self._replies = replies  # of their own: slow replies must not keep cards waiting
        self._metrics = metrics or Metrics()
        self._replying = 0
        self._followed: TTLCache[tuple[bytes, str], bool] = TTLCache(maxsize=_MOST_REMEMBERED, ttl=_REPEATABLE_SECONDS)
        self._directory = Directory()

    async def decide(self, click: Click) -> Outcome:
        """Claim what the click asks for, in the scope of the signed installation; never raises, and never takes 3 s."""
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
            claimed = (
                await self._claim(click, connection, seconds=deadline - clock(), ended=ended) if connection else _GONE
            )
        except errors.Unavailable as error:
            _log.warning("click_unavailable", interaction=_shown(click), cause=error.cause)
            claimed = _UNAVAILABLE
        except Exception as error:  # noqa: BLE001  -- a mistake of ours; Bolt would swallow it without a word
            _log.failure("click_failed", error, interaction=_shown(click))
            claimed = _UNAVAILABLE
        unroutable = connection is None and claimed.verdict is Verdict.GONE
        self._metrics.decided(None if unroutable else claimed.verdict, seconds=clock() - began)
        return Outcome(click=click, connection=connection, claimed=claimed, ended=ended)

    async def after(self, outcome: Outcome) -> None:
        """Wake whoever waits, have the clicked copy healed, tell the clicker.

        Once for every envelope and verdict: a repeat would use up the response URL by saying the same again, and edit a
        card that is true. Each replica does it once, because the one that was first may have died before its reply.
        """
        click, connection, claimed = outcome.click, outcome.connection, outcome.claimed
        if outcome.certain:
            _log.info(
                "click_decided" if connection else "click_unroutable",
                verdict=str(claimed.verdict),
                interaction=_shown(click),
                user=click.user_id,
                repeats=claimed.repeats or None,
            )
        self._reader.tell(outcome.ended)
        if (followed := (click.claim_id, claimed.verdict)) in self._followed:
            return
        self._followed[followed] = True
        if claimed.verdict is Verdict.WON:
            self._metrics.ended(Status.ANSWERED)
        if connection and click.interaction and claimed.life and claimed.life.status is not Status.PENDING:
            self._handles.ended(connection.scope, click.interaction, claimed.life)
            self._wake.changed(connection.organization_id, click.interaction)
            self._wake.cards.set()
            if not claimed.is_settling:  # else this click won, and the card that was clicked will say so
                await asyncio.gather(
                    self._alone(self._heal(click, connection), click),
                    self._alone(self._tell(click, connection, claimed), click),
                )
        else:
            await self._alone(self._tell(click, connection, claimed), click)

    async def _alone(self, courtesy: Awaitable[None], click: Click) -> None:
        """Let one courtesy fail without the other."""
        try:
            await courtesy
        except Exception as error:  # noqa: BLE001  -- nobody waits for it, so nobody else would say it
            _log.failure("aftermath_failed", error, interaction=_shown(click))

    async def _claim(
        self, click: Click, connection: Connection, *, seconds: float, ended: list[EndedInteraction]
    ) -> Claimed:
        return await interactions.claim(
            self._claims,
            interactions.ClaimRequest(
                scope=connection.scope,
                interaction_id=click.interaction,
                claim_id=click.claim_id,
                event_id=ids.new(),
                choice=click.choice,
                intent=Intent.OPEN if click.opens else Intent.ANSWER,
                given=None,
                user_id=click.user_id,
                user_name=click.user_name,
                user_team=click.user_team,
                channel=click.channel,
                ts=click.ts,
            ),
            seconds=seconds,
            ended=ended,
        )

    async def _heal(self, click: Click, connection: Connection) -> None:
        """Bring the copy that was clicked to the truth, even one that nobody remembers having posted."""
        if click.interaction is None or click.channel is None or click.ts is None or click.is_ephemeral:
            return
        handle = Handle(channel=click.channel, ts=click.ts)
        try:
            await cards.heal(self._db, connection.scope, click.interaction, handle, stray_id=ids.new())
            self._wake.cards.set()
        except errors.Unavailable as error:
            _log.warning("card_not_healed", interaction=_shown(click), cause=error.cause)

    async def _newer(self, click: Click, connection: Connection | None, claimed: Claimed) -> str | None:
        """The address of a card that replaced the clicked one: best where the clicker is, and can surely look."""
        if claimed.verdict is not Verdict.SUPERSEDED or connection is None or claimed.life is None:
            return None
        if (id := claimed.life.superseded_by) is None:
            return None
        try:
            copies = await cards.of_interaction(self._db, connection.organization_id, id)
        except errors.Unavailable as error:
            _log.warning("newer_card_not_found", interaction=_shown(click), cause=error.cause)
            return None
        links = [(copy.channel != click.channel, copy.ordinal, copy.permalink) for copy in copies if copy.permalink]
        return min(links)[2] if links else None

    async def _tell(self, click: Click, connection: Connection | None, claimed: Claimed) -> None:
        """Tell a clicker privately what the card does not say. Sent once: two replies would be worse than none."""
        if click.response_url is None:
            return
        newer = await self._newer(click, connection, claimed)
        text = replies.reply(claimed.verdict, claimed.life, user=click.user_id, now=datetime.now(UTC), newer=newer)
        if text is None:
            return
        if self._replying >= _MOST_REPLIES:
            self._metrics.replied(Reply.DROPPED)
            _log.warning("reply_dropped", interaction=_shown(click), verdict=str(claimed.verdict))
            return
        self._replying += 1
        try:
            payload = replies.payload(text, thread_ts=click.thread_ts)
            told = await client.respond(click.response_url, payload, http=self._replies)
        finally:
            self._replying -= 1
        self._metrics.replied(Reply.SENT if told == 200 else Reply.FAILED)
        if told != 200:
            code = told if isinstance(told, int) else told.code
            _log.warning("reply_failed", interaction=_shown(click), verdict=str(claimed.verdict), code=code)


def _shown(click: Click) -> str | None:
    return ids.encode("int", click.interaction) if click.interaction else None
