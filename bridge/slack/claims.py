"""Claim for a click or for a submission: in the scope of the signed installation, and within Slack's 3 s."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from cachetools import TTLCache

from bridge import ids
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.slack.connections import Directory
from bridge.slack.payloads.incoming import Click
from bridge.slack.people import People
from bridge.slack.private_replies import public_id
from bridge.things import transactions
from bridge.things.contract import Happened, Noun
from bridge.things.registry import NOUNS
from storage import errors, form_pages, forms, interactions
from storage.deadlines import EndedInteraction
from storage.form_pages import FormKey, KeptPages
from storage.interactions import Claimed, ClaimRequest
from storage.model import Connection, Intent, Json, StoredRequest, Verdict
from storage.pool import TRY_SECONDS, Database
from storage.things import ThingRow

_log = Log("clicks")

_REMEMBERED_SECONDS = 3600.0  # a form is rarely open for longer
_MAX_REMEMBERED = 200  # requests of up to 150 KB
_NOT_LOOKED_UP = "Slack did not say in time whether the clicker belongs to the enterprise"
_GONE = Claimed(verdict=Verdict.GONE, repeats=0, life=None)
_UNAVAILABLE = Claimed(verdict=Verdict.UNAVAILABLE, repeats=0, life=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimValues:
    """The values of a claim that the click does not have: see `storage.interactions.ClaimRequest`."""

    intent: Intent
    given: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickedThing:
    """The thing whose round was clicked, as it is after the click."""

    noun: Noun[Any]
    found: ThingRow[Any]
    happened: Sequence[Happened] = ()  # by this click

    @property
    def is_open(self) -> bool:
        """Whether people can still act on it."""
        return self.found.thing.ended_at is None

    @property
    def standing(self) -> str:
        """What the thing is now, in mrkdwn for the clicker."""
        return self.noun.standing(self.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickOutcome:
    """The result of one click or submission."""

    click: Click
    connection: Connection | None  # None: the installation has no active connection
    claimed: Claimed
    arrived_at: float  # by the event loop's clock
    thing: ClickedThing | None = None  # of the round that was clicked
    ended: Sequence[EndedInteraction] = ()  # interactions that the claim ended because their deadline had passed
    is_in_view: bool = False  # the person used an open form or page, which tells the verdict, so no private reply does

    @property
    def certain(self) -> bool:
        """Whether the verdict is committed, so that the response to Slack may be 200."""
        return self.claimed.verdict is not Verdict.UNAVAILABLE


Prepare: TypeAlias = Callable[[Connection, float], Awaitable[ClaimValues]]
"""Returns the values of the claim for a connection, before a deadline; may raise Unavailable."""


class Claims:
    """Claims on one replica. `claims` is a database pool that nothing else uses."""

    def __init__(self, *, claims: Database, people: People, metrics: Metrics | None = None) -> None:
        self._claims = claims
        self._people = people
        self._metrics = metrics or Metrics()
        self._directory = Directory()
        # Clicks on things wait for the locks of things: half of the connections stay free for questions.
        self._for_rounds = asyncio.Semaphore(max(1, claims.max_size // 2))
        # Requests never change, so a form that was opened here is decided here without reading it.
        self._asked: TTLCache[tuple[UUID, UUID], StoredRequest] = TTLCache(_MAX_REMEMBERED, ttl=_REMEMBERED_SECONDS)

    async def decide(self, click: Click, values: ClaimValues | Prepare, *, is_in_view: bool = False) -> ClickOutcome:
        """Claim the interaction in the scope of the signed installation; never raises, and takes less than 3 s.

        `values` that depend on the connection are asked for within that time.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        deadline = began + interactions.CLAIM_SECONDS
        connection, claimed, thing, ended = None, _GONE, None, list[EndedInteraction]()
        try:
            connection = await self._claims.insist(
                lambda runs: self._directory.find(
                    runs, app_id=click.app_id, enterprise_id=click.enterprise_id, team_id=click.installed_team
                ),
                seconds=deadline - clock(),
            )
            if connection is not None:
                if not isinstance(values, ClaimValues):
                    values = await values(connection, deadline)
                claimed, thing = await self._claim(click, connection, values, deadline=deadline, ended=ended)
                self._remember(click, connection, values, claimed)
        except errors.Unavailable as error:
            _log.warning("click_unavailable", interaction=public_id(click), cause=error.cause)
            claimed = _UNAVAILABLE
        except Exception as error:  # noqa: BLE001  -- a bug in the bridge; Bolt would swallow the error without logging it
            _log.failure("click_failed", error, interaction=public_id(click))
            claimed = _UNAVAILABLE
        unroutable = connection is None and claimed.verdict is Verdict.GONE
        self._metrics.decided(None if unroutable else claimed.verdict, seconds=clock() - began)
        return ClickOutcome(
            click=click,
            connection=connection,
            claimed=claimed,
            arrived_at=began,
            thing=thing,
            ended=ended,
            is_in_view=is_in_view,
        )

    def _remember(self, click: Click, connection: Connection, values: ClaimValues, claimed: Claimed) -> None:
        """Keep what a form was opened for; a full text is not kept: it is large, and its pages submit nothing."""
        if claimed.asked is not None and click.interaction is not None and values.intent is Intent.OPEN:
            self._asked[connection.id, click.interaction] = claimed.asked

    async def asked(
        self, click: Click, connection: Connection, *, deadline: float, pages: FormKey | None = None
    ) -> tuple[StoredRequest | None, KeptPages | None]:
        """What was asked with the clicked interaction, and what was kept of the pages of its form if they are named.

        None for an interaction that is not in this scope, and for nothing kept. Raises Unavailable.
        """
        id = click.interaction
        if id is None:
            return None, None
        known, scope = self._asked.get((connection.id, id)), connection.scope
        seconds = deadline - asyncio.get_running_loop().time()
        if pages is None:
            known = known or await self._claims.insist(lambda runs: forms.asked(runs, scope, id), seconds=seconds)
            return known, None
        if known is None:
            return await self._claims.insist(lambda runs: form_pages.asked(runs, pages), seconds=seconds)
        return known, await self._claims.insist(lambda runs: form_pages.kept(runs, pages), seconds=seconds)

    async def _claim(
        self,
        click: Click,
        connection: Connection,
        values: ClaimValues,
        *,
        deadline: float,
        ended: list[EndedInteraction],
    ) -> tuple[Claimed, ClickedThing | None]:
        """Claim; if that depends on whether the clicker is a colleague, find it out and claim again."""
        request = interactions.ClaimRequest(
            scope=connection.scope,
            interaction_id=click.interaction,
            claim_id=click.claim_id,
            event_id=ids.new(),
            choice=click.choice,
            intent=values.intent,
            given=values.given,
            user_id=click.user_id,
            user_name=click.user_name,
            user_team=click.user_team,
            channel=click.channel,
            ts=click.ts,
            is_colleague=False if click.user_team in connection.home_teams else None,
            via="button" if values.given is None else "form",
        )
        claimed, thing = await self._decided(request, click.thing, deadline=deadline, ended=ended)
        if not claimed.is_undecided:
            return claimed, thing
        found = await self._people.is_colleague(connection, click.user_id, click.user_team)
        if found is None:
            _log.warning("click_unavailable", interaction=public_id(click), cause=_NOT_LOOKED_UP)
            return claimed, thing
        request = replace(request, is_colleague=found)
        return await self._decided(request, click.thing, deadline=deadline, ended=ended)

    async def _decided(
        self,
        request: ClaimRequest,
        thing: tuple[str, UUID] | None,
        *,
        deadline: float,
        ended: list[EndedInteraction],
    ) -> tuple[Claimed, ClickedThing | None]:
        """Claim a question in one statement, or a round of a thing in a transaction that locks the thing first.

        A card that says whose round it shows saves the look-up: the claim is of a round of that thing, or of nothing.
        """
        if thing is None:
            seconds = deadline - asyncio.get_running_loop().time()
            claimed = await interactions.claim(self._claims, request, seconds=seconds, ended=ended)
            if claimed.round_of is None:
                return claimed, None
            thing = claimed.round_of.noun, claimed.round_of.id
        name, id = thing
        noun = NOUNS.get(name)
        if noun is None:  # of a later release, whose replicas can decide it
            raise errors.Unavailable(errors.Failure.RETRY, "the thing is of a later release")
        return await self._claim_round(noun, id, request, deadline=deadline)

    async def _claim_round(
        self, noun: Noun[Any], thing_id: UUID, request: ClaimRequest, *, deadline: float
    ) -> tuple[Claimed, ClickedThing | None]:
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout_at(deadline):
                await self._for_rounds.acquire()
        except TimeoutError:
            raise errors.Unavailable(errors.Failure.RETRY, "too many clicks on things wait") from None
        try:
            done = await self._claims.insist(
                lambda _: transactions.claim(
                    self._claims, noun, thing_id, request, seconds=min(TRY_SECONDS, deadline - clock())
                ),
                seconds=deadline - clock(),
            )
        finally:
            self._for_rounds.release()
        if done.settled is None:
            return done.claimed, None
        return done.claimed, ClickedThing(noun=noun, found=done.settled.after, happened=done.settled.happened)
