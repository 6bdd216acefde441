"""The questions of agents: asked, read, waited for, listed, withdrawn, and told what came of them."""

import asyncio
from typing import assert_never
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents import (
    auth,
    body,
    filters,
    looking,
    message,
    opening,
    parameters,
    problems,
    reply,
    requests,
    resource,
    timeline,
)
from bridge.agents.deadline import within
from bridge.agents.looking import Look, Looking
from bridge.agents.opening import Asked
from bridge.agents.problems import CONFLICT, KEY_REUSED, NOT_FOUND, OUT_OF_ORDER, Problem
from bridge.agents.room import Room
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.reader import Reader
from bridge.wake import Wake
from bridge.webhooks.outgoing import Webhooks
from storage import cards, errors, interactions, receipts
from storage.interactions import (
    Disconnected,
    Mismatch,
    NoSuchOlder,
    OlderEnded,
    Opened,
    Replayed,
    TimelineEntry,
    TooManyPending,
)
from storage.model import Card, Interaction, Key, Progress, Status
from storage.pool import Database
from storage.receipts import Receipt, Recording

_log = Log("agents")

FIRST_POST_SECONDS = 2.0
_EVENTS = {
    Progress.PICKED_UP: "interaction_picked_up",
    Progress.SUCCEEDED: "interaction_succeeded",
    Progress.FAILED: "interaction_failed",
}


class Interactions:
    """The handlers."""

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        room: Room,
        looking: Looking,
        wake: Wake,
        webhooks: Webhooks,
        metrics: Metrics | None = None,
    ) -> None:
        self._db = db
        self._reader = reader
        self._room = room
        self._looking = looking
        self._metrics = metrics or Metrics()
        self._wake = wake
        self._webhooks = webhooks

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/interactions: make a question durable; Slack is called by the card loop, after the commit."""
        began = asyncio.get_running_loop().time()
        key = auth.key(request)
        wait = parameters.wait(request.query)
        idempotency_key = parameters.idempotency_key(request.headers.getall("Idempotency-Key", []))
        sent = await body.read(request)
        asked = await opening.ask(
            self._db, self._room, key, sent, idempotency_key=idempotency_key, webhooks=self._webhooks
        )
        opened = await self._opened(key, asked)
        try:
            row, copies = await self._first(request, opened.id, until=began + wait)
        except errors.Unavailable:
            if not isinstance(opened, Opened):
                raise
            # It is asked, and saying anything else would have it asked twice. It is told as it was written.
            row, copies = opened.interaction, opened.cards
        replayed = isinstance(opened, Replayed)
        headers = {"Location": f"/v1/interactions/{ids.encode('int', opened.id)}"}
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return reply.json(
            resource.interaction(row, copies),
            status=200 if replayed else 201,
            headers=headers,
            written=lambda: self._heard(row),
        )

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}: the question as it is, or, with ?wait=, as soon as it has ended."""
        wait, id = parameters.wait(request.query), _id(request)
        row, copies = await self._looking.until(looking.ended, request, id, seconds=wait, insists=True)
        return reply.json(resource.interaction(row, copies), written=lambda: self._heard(row))

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/interactions: those that fit the filters, newest first, in pages."""
        key, asked = auth.key(request), filters.read(request.query)
        rows, copies = await within(self._page(key, asked))
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        next_cursor = filters.cursor(rows[-1].id) if more else None
        page = resource.page(rows, copies, next_cursor=next_cursor)
        return reply.json(page, written=lambda: self._heard(*rows))

    async def cancel(self, request: web.Request) -> web.Response:
        """POST /v1/interactions/{id}/cancel: withdraw a question, unless it has ended otherwise."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        reason = requests.cancellation(await body.read(request) if request.can_read_body else {})
        cancelled = await within(
            interactions.cancel(
                self._db,
                key.organization_id,
                id,
                reason={"code": "cancelled", "detail": reason, "fix": "Ask again if it still matters."},
                cancelled_by=key.name,
                event_id=ids.new(),
            )
        )
        if cancelled:
            _log.info("interaction_cancelled", interaction=ids.encode("int", id), key=key.name)
            self._metrics.ended(Status.CANCELLED)
            self._wake.cards.set()
            self._wake.changed(key.organization_id, id)
        # An end is final, so this look is as true as the statement itself.
        row, copies = await self._look(key, id)
        if row.status is not Status.CANCELLED:
            raise self._ended_before(row, copies, "It cannot be cancelled any more")
        return reply.json(resource.interaction(row, copies), written=lambda: self._heard(row))

    async def receipt(self, request: web.Request) -> web.Response:
        """POST /v1/interactions/{id}/receipt: what the agent does with an answer, shown on its cards a little later."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        receipt = requests.receipt(await body.read(request))
        recording = await within(self._record(key, id, receipt))
        if recording is Recording.RECORDED:
            _log.info(_EVENTS[receipt.status], interaction=ids.encode("int", id), key=key.name)
            self._wake.changed(key.organization_id, id)
        row, copies = await self._look(key, id)
        match recording:
            case Recording.RECORDED | Recording.REPEATED | None:  # None: looking said so
                return reply.json(resource.interaction(row, copies))
            case Recording.REFUSED:
                refusal = "Another receipt stands, which this one cannot follow or replace"
            case Recording.UNANSWERED | Recording.OVERDUE:
                refusal = "There is no answer that could have been acted on"
            case _:
                assert_never(recording)
        raise self._in_the_way(OUT_OF_ORDER, row, copies, refusal)

    async def timeline(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}/timeline: why it is not answered yet."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        row, copies, moments = await self._told(key, id)
        if row.status is not Status.PENDING and not timeline.has_end(row, moments):  # it ended between the two looks
            row, copies, moments = await self._told(key, id)
        return reply.json(timeline.timeline(row, copies, moments))

    async def _opened(self, key: Key, asked: Asked) -> Opened | Replayed:
        """The question that now stands for what was sent, with everybody woken who must know; raises Problem."""
        match asked.outcome:
            case Opened() as opened:
                _log.info("interaction_created", interaction=ids.encode("int", opened.id), key=key.name)
                self._metrics.opened()
                self._wake.cards.set()
                self._wake.numbering.set()
                if asked.supersedes:
                    _log.info("interaction_superseded", interaction=ids.encode("int", asked.supersedes))
                    self._metrics.ended(Status.SUPERSEDED)
                    self._wake.changed(key.organization_id, asked.supersedes)
                return opened
            case Replayed() as replayed:
                return replayed
            case Mismatch():
                raise Problem(KEY_REUSED, "This Idempotency-Key was used with another body. Use a new key.")
            case Disconnected():
                raise problems.invalid("/connection", "is not active any more")
            case TooManyPending():
                raise self._room.refusal()
            case NoSuchOlder():
                raise problems.invalid("/supersedes", opening.NO_OLDER)
            case OlderEnded(id=older):
                row, copies = await self._look(key, older)
                raise self._ended_before(row, copies, "It cannot be superseded, and nothing was asked")
            case _:
                assert_never(asked.outcome)

    async def _first(self, request: web.Request, id: UUID, *, until: float) -> Look:
        """A new question as soon as a card is up, and, when there is time left, as soon as it has ended.

        Together they take no longer than the longer of the two: a client's own time limit is set by `wait`. Where too
        many wait it is told as it is: it is asked, and that was what mattered.
        """
        clock = asyncio.get_running_loop().time
        look = await self._looking.until(looking.shown, request, id, seconds=FIRST_POST_SECONDS)
        if (left := until - clock()) > 0:
            look = await self._looking.until(looking.ended, request, id, seconds=left)
        return look

    async def _told(self, key: Key, id: UUID) -> tuple[Interaction, list[Card], list[TimelineEntry]]:
        """A question with what happened to it; the question is read last, so that it is never the older of the two."""
        moments = await within(interactions.timeline(self._db, key.organization_id, id))
        return *await self._look(key, id), moments

    async def _look(self, key: Key, id: UUID) -> Look:
        """A question of the key's organization as it is; raises Problem."""
        return await looking.once(self._db, self._reader, key.organization_id, id)

    async def _record(self, key: Key, id: UUID, receipt: Receipt) -> Recording | None:
        """Record what an agent reports, of a question whose deadline has just passed once its end is written."""
        while True:
            recording = await receipts.record(
                self._db, key.organization_id, id, receipt, key_name=key.name, event_id=ids.new()
            )
            if recording is not Recording.OVERDUE:
                return recording
            await self._reader.end(key.organization_id, [id])

    async def _page(self, key: Key, asked: filters.Asked) -> tuple[list[Interaction], dict[UUID, list[Card]]]:
        """One more question than asked for, if there is one, and the copies of all of them."""
        rows = await self._reader.page(key.organization_id, asked.filters, before=asked.before, most=asked.limit + 1)
        return rows, await cards.of_interactions(self._db, key.organization_id, [row.id for row in rows])

    def _ended_before(self, row: Interaction, copies: list[Card], refusal: str) -> Problem:
        """Whoever came too late is told how it ended."""
        return self._in_the_way(CONFLICT, row, copies, refusal)

    def _in_the_way(self, type: problems.Type, row: Interaction, copies: list[Card], refusal: str) -> Problem:
        """What cannot be done to a question as it is, and how it is."""
        return Problem(
            type,
            f"{refusal}. {message.sentence(row)}",
            interaction=resource.interaction(row, copies),
            written=lambda: self._heard(row),
        )

    def _heard(self, *rows: Interaction) -> None:
        """These went out to a key of their organization: of those that have ended, the agent heard the end."""
        for row in rows:
            if row.status is not Status.PENDING and row.heard_at is None:
                self._wake.agent_heard(row.organization_id, row.id)


def _id(request: web.Request) -> UUID:
    if (id := ids.decode("int", request.match_info["id"])) is None:
        raise Problem(NOT_FOUND, looking.NO_SUCH)
    return id
