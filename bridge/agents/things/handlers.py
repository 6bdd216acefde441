"""Handlers of the things of one noun: get or wait, list, timeline, show at more places, and the noun's operations."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, assert_never
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents.auth import auth
from bridge.agents.http import body, json_response, paging, parameters, problems
from bridge.agents.http.body import BodyReader
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import ILLEGAL_MOVE, NOT_FOUND, ApiProblem
from bridge.agents.interactions.long_poll import LongPoll
from bridge.agents.limits.thing_quota import ThingQuota
from bridge.agents.things import common_fields, queries, requests
from bridge.agents.things.common_fields import Showing, ThingFields
from bridge.agents.things.sent_body import SentBody
from bridge.agents.things.turns import Turns
from bridge.fields import Strict
from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier, ThingSignal
from bridge.things import reading, representation, showing, timeline
from bridge.things.operations import (
    Common,
    Context,
    Done,
    Found,
    IllegalMove,
    NestedList,
    NoSuchThing,
    NounApi,
    Operation,
    Outcome,
    TooManyThings,
    Wrong,
)
from bridge.webhooks.outgoing import Webhooks
from storage import errors, json_text, things
from storage.interactions import MAX_PAGE_BYTES
from storage.model import LAST_ID, Key
from storage.pool import TRY_SECONDS, Database
from storage.things import Request, RequestTaken, ThingRow

_log = Log("agents")

SECONDS = 5.0  # that a request waits for its turn and its transaction
_SOON = timedelta(seconds=60)
_AT_ONCE = 25  # things of a list that one statement reads

M = TypeVar("M", bound=Strict)
Work = Callable[[Context], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the handlers of all nouns share."""

    db: Database
    poll: LongPoll
    quota: ThingQuota
    notifier: Notifier
    webhooks: Webhooks
    metrics: Metrics
    turns: Turns
    read_body: BodyReader = body.read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """A thing as it was read, and the status that is waited for if the thing has or had it since the request began."""

    found: ThingRow[Any]
    reached: str | None


class Things:
    """The handlers of one noun."""

    def __init__(self, api: NounApi[Any], parts: Parts) -> None:
        self._api = api
        self._noun = api.noun
        self._parts = parts
        self._db = parts.db
        parts.metrics.know_moves(api.noun.name, api.noun.moves)

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>/{id}: the thing now, or, with ?wait=, as soon as it reaches a status."""
        waiting, key, id = queries.waiting(request.query, self._noun), auth.key(request), self._id(request)
        began: int | None = None

        async def read(signal: ThingSignal) -> _Snapshot:
            nonlocal began
            found = await within(self._noun.table.get(self._db, key.organization_id, id))
            if found is None:
                raise self._no_such()
            began = found.thing.moves if began is None else began
            signal.seen = found.thing.moves
            status = self._noun.status(found.row)
            if status in waiting.until:
                return _Snapshot(found=found, reached=status)
            if found.thing.moves == began:
                return _Snapshot(found=found, reached=None)
            reached = things.reached(self._db, key.organization_id, id, after=began, statuses=waiting.until)
            return _Snapshot(found=found, reached=await within(reached))

        with self._parts.notifier.watching_thing(key.organization_id, id) as signal:
            snapshot = await self._parts.poll.until(
                lambda snapshot: snapshot.reached is not None,
                request,
                lambda: read(signal),
                contextlib.nullcontext(signal),
                seconds=waiting.seconds,
                required=True,
            )
        cards = await within(reading.cards_of(self._db, snapshot.found))
        resource = representation.resource(self._noun, snapshot.found, cards)
        return json_response.json({**resource, "reached": snapshot.reached})

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>: one page of those that match the filters, newest first."""
        key, query = auth.key(request), queries.page(request.query, self._api)
        found = await within(
            self._noun.table.ids(
                "page",
                self._db,
                organization_id=key.organization_id,
                before=query.before or LAST_ID,
                limit=query.limit + 1,
                **query.filters,
            )
        )
        wanted = found[: query.limit]
        written, last = await self._written(key, wanted, max_bytes=MAX_PAGE_BYTES)
        is_followed = len(found) > query.limit or (last is not None and last != wanted[-1])
        return await json_response.page(written, next_cursor=paging.cursor(last) if last and is_followed else None)

    async def timeline(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>/{id}/timeline: everything that happened to a thing."""
        parameters.only(request.query)
        key, id = auth.key(request), self._id(request)
        entries = await within(things.timeline(self._db, key.organization_id, id))
        found = await within(self._noun.table.get(self._db, key.organization_id, id))
        if found is None:
            raise self._no_such()
        cards = await within(reading.cards_of(self._db, found))
        return json_response.json(timeline.timeline(self._noun, found, cards, entries))

    def nested(self, nested: NestedList) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of a list of what belongs to a thing."""

        async def handle(request: web.Request) -> web.Response:
            key, id, query = auth.key(request), self._id(request), queries.nested(request.query)
            if await within(self._noun.table.get(self._db, key.organization_id, id)) is None:
                raise self._no_such()
            reading = nested.read(self._db, key.organization_id, id, query.before, query.limit + 1)
            found = await within(reading)
            written: list[str] = []
            size = 0
            for _, item in found[: query.limit]:
                written.append(json_text.dumps(item, ensure_ascii=False))
                size += len(written[-1].encode())
                if size >= MAX_PAGE_BYTES:
                    break
            is_followed = len(found) > len(written)
            return await json_response.page(
                written, next_cursor=paging.cursor(found[len(written) - 1][0]) if is_followed else None
            )

        return handle

    async def show(self, request: web.Request) -> web.Response:
        """POST /v1/<plural>/{id}/cards: show a thing at more places."""
        id = self._id(request)

        async def prepare(_: Key, showing_at: Showing) -> tuple[Common | None, Work]:
            to = common_fields.addresses(showing_at.to)
            return None, lambda context: showing.show(context, self._noun, id, to)

        return await self._act(request, Showing, prepare)

    def operation(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of one of the noun's operations."""

        async def handle(request: web.Request) -> web.Response:
            id = self._id(request) if operation.has_id else None

            async def prepare(key: Key, fields: Strict) -> tuple[Common | None, Work]:
                common = None
                if isinstance(fields, ThingFields):
                    common = await common_fields.common(self._db, key, fields, self._parts.webhooks)
                return common, lambda context: operation.run(context, id, fields)

            model = common_fields.model(self._noun.name, operation)
            return await self._act(request, model, prepare, operation)

        return handle

    async def _act(
        self,
        request: web.Request,
        model: type[M],
        prepare: Callable[[Key, M], Awaitable[tuple[Common | None, Work]]],
        operation: Operation | None = None,
    ) -> web.Response:
        """Do what a request asks for, or, if its Idempotency-Key was used for it before, return what it is now.

        The key of a request that changes nothing need not be kept.
        """
        parameters.only(request.query)
        key = auth.key(request)
        text = parameters.idempotency_key(request.headers.getall("Idempotency-Key", []))
        body = SentBody(model, await self._parts.read_body(request), key=text)
        kept = None
        if text and not (operation and operation.is_search):
            kept = Request(key=text, hash=requests.fingerprint(request.method, request.path, body.hidden))
        if kept and (replay := await self._replayed(key, kept, operation)) is not None:
            return replay
        common, work = await prepare(key, body.validated())
        context = Context(
            db=self._db,
            key=key,
            common=common,
            request=kept,
            seconds=TRY_SECONDS,
            may_open=lambda: self._parts.quota.has_room(key.organization_id),
            turn=lambda name: self._turn(key, name),
        )
        try:
            outcome = await within(_insist(work, context), seconds=SECONDS)
        except RequestTaken:  # by a request at the same time, which has committed
            if kept and (replay := await self._replayed(key, kept, operation)) is not None:
                return replay
            raise
        return await self._answer(key, outcome)

    async def _replayed(self, key: Key, kept: Request, operation: Operation | None) -> web.Response | None:
        """The response to a request whose key was used before; None if it was not. Raises ApiProblem."""
        before = await within(things.kept_request(self._db, key.organization_id, kept.key))
        if before is None:
            return None
        if before.hash != kept.hash:
            raise requests.mismatch()
        resource = await within(reading.resource(self._db, self._noun, key.organization_id, before.thing_id))
        if resource is None:
            raise self._no_such()
        if operation and operation.made:
            extra = operation.made(self._db, key.organization_id, before.thing_id, before.made_id)
            resource |= await within(extra)
        return json_response.json(resource, headers={"Idempotency-Replayed": "true"})

    async def _answer(self, key: Key, outcome: Outcome) -> web.Response:
        match outcome:
            case Done():
                return await self._done(key, outcome)
            case Found(ids=found):
                written, _ = await self._written(key, found)
                return await json_response.page(written, next_cursor=None)
            case NoSuchThing(detail=detail):
                raise self._no_such(detail)
            case IllegalMove(id=id, detail=detail):
                thing = await within(reading.resource(self._db, self._noun, key.organization_id, id))
                raise ApiProblem(ILLEGAL_MOVE, f"{self._noun.public_id(id)}: {detail}", thing=thing)
            case TooManyThings():
                raise self._parts.quota.refusal()
            case Wrong(pointer=pointer, message=message):
                raise problems.invalid(pointer, message)
            case _:
                assert_never(outcome)

    async def _done(self, key: Key, done: Done[Any]) -> web.Response:
        """Log, count and notify what happened, and return the thing as it now is."""
        after = done.settled.after
        id = self._noun.public_id(after.thing.id)
        for entry in done.settled.happened:
            _log.info("thing_moved", thing=id, move=entry.move, status=entry.to_status, key=key.name)
            self._parts.metrics.thing_moved(self._noun.name, entry.move)
        self._parts.notifier.thing_changed(key.organization_id, after.thing.id)
        due_at = self._noun.due_at(after.row)
        if due_at is not None and due_at - after.thing.updated_at < _SOON:  # the loop may look for it too late
            self._parts.notifier.things.set()
        try:
            resource = await within(reading.resource(self._db, self._noun, key.organization_id, after.thing.id))
        except errors.Unavailable:
            resource = None  # it is stored: answering 503 would have the agent do it twice
        return json_response.json(
            {**(resource or representation.resource(self._noun, after, [])), **done.extra},
            status=201 if done.is_new or done.has_added else 200,
            headers={"Location": f"/v1/{self._noun.plural}/{id}"} if done.is_new else {},
        )

    async def _written(
        self, key: Key, found: Sequence[UUID], *, max_bytes: int | None = None
    ) -> tuple[list[str], UUID | None]:
        """Things as JSON, up to the one that brings them to `max_bytes`, and the last id that was read."""
        written: list[str] = []
        size, last = 0, None
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            resources = await within(reading.resources(self._db, self._noun, key.organization_id, some))
            for id in some:
                if max_bytes is not None and size >= max_bytes:
                    return written, last
                last = id
                if (resource := resources.get(id)) is not None:
                    written.append(json_text.dumps(resource, ensure_ascii=False))
                    size += len(written[-1])
        return written, last

    @contextlib.asynccontextmanager
    async def _turn(self, key: Key, name: str) -> AsyncIterator[None]:
        async with self._parts.turns.take(key.organization_id, name):
            yield

    def _id(self, request: web.Request) -> UUID:
        if (id := ids.decode(self._noun.prefix, request.match_info["id"])) is None:
            raise self._no_such()
        return id

    def _no_such(self, detail: str | None = None) -> ApiProblem:
        return ApiProblem(NOT_FOUND, detail or f"No {self._api.words} of your organization has this id.")


async def _insist(work: Work, context: Context) -> Outcome:
    """Work, and once more if the database certainly did nothing, as after a deadlock."""
    try:
        return await work(context)
    except errors.Unavailable as error:
        if error.failure is not errors.Failure.RETRY:
            raise
        return await work(context)
