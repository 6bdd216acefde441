"""Handlers of interactions: create, get or wait, list, cancel, report a receipt, show the timeline."""

import asyncio
from collections.abc import Callable
from typing import assert_never
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents.auth import auth
from bridge.agents.http import body, json_response, paging, parameters, problems
from bridge.agents.http.body import BodyReader
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import BELONGS_TO_THING, CONFLICT, KEY_REUSED, NOT_FOUND, OUT_OF_ORDER, ApiProblem
from bridge.agents.interactions import filters, long_poll, opening, requests
from bridge.agents.interactions.long_poll import LongPoll, Snapshot
from bridge.agents.interactions.opening import OpeningResult
from bridge.agents.limits.pending_quota import PendingQuota
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.representation import interaction, status_text, timeline
from bridge.things import reading, rounds
from bridge.webhooks.outgoing import Webhooks
from storage import cards, errors, interactions, receipts
from storage.interactions import (
    Disconnected,
    Filters,
    Mismatch,
    NoSuchOlder,
    OlderEnded,
    Opened,
    Page,
    Replayed,
    TooManyPending,
)
from storage.model import Card, Interaction, Key, Progress, Status, TimelineEntry
from storage.pool import Database
from storage.receipts import Receipt, Recording

_log = Log("agents")

FIRST_POST_SECONDS = 2.0  # to wait for the first card of a new interaction
_EVENTS = {
    Progress.PICKED_UP: "interaction_picked_up",
    Progress.SUCCEEDED: "interaction_succeeded",
    Progress.FAILED: "interaction_failed",
}


class Interactions:
    """The handlers. A final status counts as acknowledged once a response with it was written completely."""

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        quota: PendingQuota,
        poll: LongPoll,
        notifier: Notifier,
        webhooks: Webhooks,
        metrics: Metrics | None = None,
        read_body: BodyReader = body.read,
        first_post_seconds: float = FIRST_POST_SECONDS,
    ) -> None:
        self._db = db
        self._reader = reader
        self._quota = quota
        self._poll = poll
        self._metrics = metrics or Metrics()
        self._notifier = notifier
        self._webhooks = webhooks
        self._read_body = read_body
        self._first_post_seconds = first_post_seconds

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/interactions: store an interaction; the card loop calls Slack, after the commit."""
        began = asyncio.get_running_loop().time()
        key = auth.key(request)
        wait = parameters.wait(request.query)
        idempotency_key = parameters.idempotency_key(request.headers.getall("Idempotency-Key", []))
        sent = await self._read_body(request)
        result = await opening.open_from_body(
            self._db, self._quota, key, sent, idempotency_key=idempotency_key, webhooks=self._webhooks
        )
        opened = await self._accept(key, result)
        try:
            row, cards = await self._first(request, opened.id, until=None if wait is None else began + wait)
        except errors.Unavailable:
            if not isinstance(opened, Opened):
                raise
            # It is stored: answering 503 would have the agent create it twice. Respond with it as it was written.
            row, cards = opened.interaction, opened.cards
        replayed = isinstance(opened, Replayed)
        headers = {"Location": f"/v1/interactions/{ids.encode('int', opened.id)}"}
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return json_response.json(
            interaction.interaction(row, cards),
            status=200 if replayed else 201,
            headers=headers,
            on_sent=self._acknowledging(row),
        )

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}: the interaction now, or, with ?wait=, as soon as it has ended."""
        (wait, with_full), id = filters.read_one(request.query), _id(request)
        row, cards = await self._until(long_poll.ended, request, id, seconds=wait, required=True)
        if row.thing_id is not None:
            return json_response.json(rounds.resource(row, cards))
        full_text = await within(interactions.full_text(self._db, row.organization_id, id)) if with_full else None
        resource = interaction.interaction(row, cards, full_text=full_text)
        return json_response.json(resource, on_sent=self._acknowledging(row))

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/interactions: one page of those that match the filters, newest first."""
        key, query = auth.key(request), filters.read(request.query)
        if query.thing is not None:
            thing = await within(reading.find(self._db, key.organization_id, query.thing))
            return await self._rounds(key, thing, query)
        page, cards = await within(self._page(key, query))
        rows = page.interactions
        return await json_response.page(
            (interaction.interaction(row, cards[row.id], with_body=query.with_body) for row in rows),
            next_cursor=paging.cursor(rows[-1].id) if page.is_followed else None,
            on_sent=self._acknowledging(*rows),
        )

    async def cancel(self, request: web.Request) -> web.Response:
        """POST /v1/interactions/{id}/cancel: cancel an interaction, unless it has another final status."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        reason = requests.cancellation(await self._read_body(request) if request.can_read_body else {})
        await self._refuse_round(key, id, "cancelled")
        cancelled = await within(
            interactions.cancel(
                self._db,
                key.organization_id,
                id,
                reason={
                    "code": "cancelled",
                    "detail": reason,
                    "fix": "Ask again if it still matters.",
                },
                cancelled_by=key.name,
                event_id=ids.new(),
            )
        )
        if cancelled:
            _log.info("interaction_cancelled", interaction=ids.encode("int", id), key=key.name)
            self._metrics.ended(Status.CANCELLED)
            self._notifier.cards.set()
            self._notifier.interaction_changed(key.organization_id, id)
        # A final status never changes, so this read is as current as the statement itself.
        row, cards = await self._read(key, id)
        if row.status is not Status.CANCELLED:
            raise self._already_ended(row, cards, "It can no longer be cancelled")
        return json_response.json(interaction.interaction(row, cards), on_sent=self._acknowledging(row))

    async def receipt(self, request: web.Request) -> web.Response:
        """POST /v1/interactions/{id}/receipt: store what the agent does with an answer; its cards show it later."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        receipt = requests.receipt(await self._read_body(request))
        await self._refuse_round(key, id, "reported on")
        recording = await within(self._record(key, id, receipt))
        if recording is Recording.RECORDED:
            _log.info(_EVENTS[receipt.status], interaction=ids.encode("int", id), key=key.name)
            self._notifier.interaction_changed(key.organization_id, id)
        row, cards = await self._read(key, id)
        match recording:
            case Recording.RECORDED | Recording.REPEATED | None:  # None never gets here: the read above answered 404
                return json_response.json(interaction.interaction(row, cards))
            case Recording.REFUSED:
                refusal = "This receipt cannot follow or replace the recorded one"
            case Recording.UNANSWERED | Recording.OVERDUE:
                refusal = "There is no answer to report on"
            case _:
                assert_never(recording)
        raise self._conflict(OUT_OF_ORDER, row, cards, refusal)

    async def timeline(self, request: web.Request) -> web.Response:
        """GET /v1/interactions/{id}/timeline: everything that happened to an interaction."""
        parameters.only(request.query)
        key, id = auth.key(request), _id(request)
        row, cards, moments = await self._with_moments(key, id)
        if row.status is not Status.PENDING and not timeline.has_end(row, moments):  # it ended between the two reads
            row, cards, moments = await self._with_moments(key, id)
        shown = rounds.with_moments if row.thing_id is not None else timeline.timeline
        return json_response.json(shown(row, cards, moments))

    async def _accept(self, key: Key, result: OpeningResult) -> Opened | Replayed:
        """Log, count and notify what was opened, and return it; raises ApiProblem when nothing was."""
        match result.outcome:
            case Opened() as opened:
                _log.info("interaction_created", interaction=ids.encode("int", opened.id), key=key.name)
                self._metrics.opened()
                self._notifier.cards.set()
                self._notifier.numbering.set()
                if result.supersedes:
                    _log.info("interaction_superseded", interaction=ids.encode("int", result.supersedes))
                    self._metrics.ended(Status.SUPERSEDED)
                    self._notifier.interaction_changed(key.organization_id, result.supersedes)
                return opened
            case Replayed() as replayed:
                return replayed
            case Mismatch():
                raise ApiProblem(KEY_REUSED, "This Idempotency-Key was used with a different body. Use a new key.")
            case Disconnected():
                raise problems.invalid("/connection", "is no longer active")
            case TooManyPending():
                raise self._quota.refusal()
            case NoSuchOlder():
                if result.supersedes is not None:
                    await self._refuse_round(key, result.supersedes, "superseded")
                raise problems.invalid("/supersedes", opening.NO_OLDER)
            case OlderEnded(id=older):
                row, cards = await self._read(key, older)
                raise self._already_ended(row, cards, "It cannot be superseded; the new question was not created")
            case _:
                assert_never(result.outcome)

    async def _first(self, request: web.Request, id: UUID, *, until: float | None) -> Snapshot:
        """A new interaction as soon as it has ended, at the latest at `until`; by default once a card is posted.

        A time that has passed returns the interaction at once, so `wait=0` does not wait for Slack. When too many
        requests wait, returns it at once too: it is stored, and that is what counts.
        """
        if until is None:
            return await self._until(long_poll.shown, request, id, seconds=self._first_post_seconds)
        left = until - asyncio.get_running_loop().time()
        return await self._until(long_poll.ended, request, id, seconds=left)

    async def _until(
        self,
        done: Callable[[Snapshot], bool],
        request: web.Request,
        id: UUID,
        *,
        seconds: float,
        required: bool = False,
    ) -> Snapshot:
        """An interaction as soon as it is `done`, at the latest after `seconds`; raises ApiProblem."""
        key = auth.key(request)
        return await self._poll.until(
            done,
            request,
            lambda _: self._read(key, id),
            self._notifier.watching(key.organization_id, id),
            seconds=seconds,
            required=required,
        )

    async def _rounds(self, key: Key, thing_id: UUID | None, query: filters.ListQuery) -> web.Response:
        """One page of the rounds of a thing, newest first. No round has what the other filters look for."""
        if thing_id is None or query.filters != Filters(status=query.filters.status):
            return await json_response.page([], next_cursor=None)
        page = await within(
            interactions.rounds(
                self._db,
                key.organization_id,
                thing_id,
                status=query.filters.status,
                before=query.before,
                limit=query.limit,
            )
        )
        found = page.interactions
        cards_of = await within(cards.of_interactions(self._db, key.organization_id, [row.id for row in found]))
        return await json_response.page(
            (rounds.resource(row, cards_of[row.id]) for row in found),
            next_cursor=paging.cursor(found[-1].id) if page.is_followed else None,
        )

    async def _refuse_round(self, key: Key, id: UUID, what: str) -> None:
        """Refuse what only questions allow: raises ApiProblem if this interaction is a round of a thing.

        Reads nothing for the id of a question.
        """
        if id < interactions.QUESTIONS_BEFORE:
            return
        row = await within(interactions.get(self._db, key.organization_id, id))
        if row is None or row.thing_id is None:
            return
        thing = rounds.thing_id(row) or "a thing"
        shown = await within(cards.of_interaction(self._db, key.organization_id, id))
        raise ApiProblem(
            BELONGS_TO_THING,
            f"{ids.encode('int', id)} is what people can do to {thing} now, not a question, and cannot be {what} by "
            f"itself. It ends when {thing} changes: act on {thing} instead.",
            interaction=rounds.resource(row, shown),
        )

    async def _with_moments(self, key: Key, id: UUID) -> tuple[Interaction, list[Card], list[TimelineEntry]]:
        """An interaction with its timeline. The interaction is read last, so that it is never older."""
        moments = await within(interactions.timeline(self._db, key.organization_id, id))
        return *await self._read(key, id), moments

    async def _read(self, key: Key, id: UUID) -> Snapshot:
        """An interaction of the key's organization as it is now; raises ApiProblem."""
        return await long_poll.read(self._db, self._reader, key.organization_id, id)

    async def _record(self, key: Key, id: UUID, receipt: Receipt) -> Recording | None:
        """Store a receipt; when the deadline has just passed, first write the end, and then try again."""
        while True:
            recording = await receipts.record(
                self._db, key.organization_id, id, receipt, key_name=key.name, event_id=ids.new()
            )
            if recording is not Recording.OVERDUE:
                return recording
            await self._reader.end(key.organization_id, [id])

    async def _page(self, key: Key, query: filters.ListQuery) -> tuple[Page, dict[UUID, list[Card]]]:
        """Up to `query.limit` interactions, fewer when they are large, and their cards."""
        page = await self._reader.page(
            key.organization_id, query.filters, before=query.before, limit=query.limit, with_body=query.with_body
        )
        return page, await cards.of_interactions(self._db, key.organization_id, [row.id for row in page.interactions])

    def _already_ended(self, row: Interaction, cards: list[Card], refusal: str) -> ApiProblem:
        """The problem of a request that came after the end of an interaction, with that end."""
        return self._conflict(CONFLICT, row, cards, refusal)

    def _conflict(self, type: problems.Type, row: Interaction, cards: list[Card], refusal: str) -> ApiProblem:
        """The problem of a request that the status of an interaction does not allow, with that interaction."""
        return ApiProblem(
            type,
            f"{refusal}. {status_text.sentence(row, cards)}",
            interaction=interaction.interaction(row, cards),
            on_sent=self._acknowledging(row),
        )

    def _acknowledging(self, *rows: Interaction) -> Callable[[], None]:
        """To be called once a response with these interactions was written completely: acknowledge their ends.

        Keeps ids only, since a response may wait for its client for long.
        """
        ends = [
            (row.organization_id, row.id) for row in rows if row.status is not Status.PENDING and row.heard_at is None
        ]

        def acknowledge() -> None:
            for organization_id, id in ends:
                self._notifier.acknowledge(organization_id, id)

        return acknowledge


def _id(request: web.Request) -> UUID:
    if (id := ids.decode("int", request.match_info["id"])) is None:
        raise ApiProblem(NOT_FOUND, long_poll.NO_SUCH)
    return id
