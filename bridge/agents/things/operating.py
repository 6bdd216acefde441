"""Handlers that do something to things of one noun: show one at more places, and the noun's own operations."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, assert_never

from aiohttp import web

from bridge.agents.auth import auth
from bridge.agents.http import json_response, parameters, problems
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import ILLEGAL_MOVE, THING_CONFLICTS, ApiProblem
from bridge.agents.things import common_fields, requests, sent_body, shared
from bridge.agents.things.common_fields import Showing, ThingFields
from bridge.agents.things.shared import Parts
from bridge.fields import Strict
from bridge.logs import Log
from bridge.things import reading, representation, showing
from bridge.things.operations import (
    Common,
    Conflict,
    Context,
    Done,
    Found,
    IllegalMove,
    NoSuchThing,
    Nothing,
    NounApi,
    Operation,
    Outcome,
    Swept,
    TooManyThings,
    Wrong,
)
from bridge.things.transactions import Settled
from storage import errors, things
from storage.model import Json, Key
from storage.things import Request, RequestTaken

_log = Log("agents")

SECONDS = 5.0  # that a request waits for its turn and its transaction
_TRY_SECONDS = 3.0  # of the transaction: no person waits for it, and a new connection plans each statement first
_SOON = timedelta(seconds=60)

M = TypeVar("M", bound=Strict)
Work = Callable[[Context], Awaitable[Outcome]]


class Operations:
    """The handlers that do something to things of one noun."""

    def __init__(self, api: NounApi[Any], parts: Parts) -> None:
        self._api = api
        self._noun = api.noun
        self._parts = parts
        self._db = parts.db
        parts.metrics.know_moves(api.noun.name, api.noun.moves)

    async def show(self, request: web.Request) -> web.Response:
        """POST /v1/<plural>/{id}/cards: show a thing at more places."""
        id = await shared.id_of(self._db, self._api, request)

        async def prepare(_: Key, showing_at: Showing) -> tuple[Common | None, Work]:
            to = common_fields.addresses(showing_at.to)
            return None, lambda context: showing.show(context, self._noun, id, to)

        return await self._act(request, Showing, prepare)

    def operation(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of one of the noun's operations."""

        async def handle(request: web.Request) -> web.Response:
            id = await shared.id_of(self._db, self._api, request) if operation.has_id else None

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
        seconds = _seconds(request, operation)
        key = auth.key(request)
        text = parameters.idempotency_key(request.headers.getall("Idempotency-Key", []))
        body = await sent_body.read(self._parts.read_body, request, model, key=text)
        kept = None
        if text and not (operation and (operation.is_search or operation.is_sweep)):
            kept = Request(key=text, hash=requests.fingerprint(request.method, request.path, body.hidden))
        if kept and (replay := await self._replayed(key, kept, operation)) is not None:
            return replay
        fields = body.validated()
        common, work = await prepare(key, fields)
        context = Context(
            db=self._db,
            key=key,
            common=common,
            request=kept,
            seconds=_TRY_SECONDS,
            may_open=partial(self._parts.quota.has_room, key.organization_id),
            turn=partial(self._parts.turns.take, key.organization_id),
        )
        try:
            if seconds is None or not operation or not operation.waits:
                outcome = await within(_insist(work, context), seconds=SECONDS)
            else:
                outcome = await self._waited(
                    request, work, context, f"{operation.name} {operation.waits(fields)}", seconds
                )
        except RequestTaken:  # by a request at the same time, which has committed
            if kept and (replay := await self._replayed(key, kept, operation)) is not None:
                return replay
            raise
        if (
            isinstance(outcome, Conflict | IllegalMove)
            and kept
            and (replay := await self._replayed(key, kept, operation)) is not None
        ):
            return replay  # what was in the way is the same request, which has committed meanwhile
        return await self._answer(key, outcome)

    async def _waited(self, request: web.Request, work: Work, context: Context, line: str, seconds: float) -> Outcome:
        """Work until there was something to do, at most for so many seconds; requests of one line take turns.

        Raises RequestTaken if there is nothing because the same request, sent at the same time, has got it.
        """

        async def attempt(_: asyncio.Event) -> Outcome:
            outcome = await within(_insist(work, context), seconds=SECONDS)
            if isinstance(outcome, Nothing) and context.request is not None:
                taken = things.kept_request(self._db, context.organization_id, context.request.key)
                if await within(taken) is not None:
                    raise RequestTaken
            return outcome

        return await self._parts.poll.until(
            lambda outcome: not isinstance(outcome, Nothing),
            request,
            attempt,
            self._parts.notifier.lines.waiting(context.organization_id, line),
            seconds=seconds,
            required=True,
        )

    async def _replayed(self, key: Key, kept: Request, operation: Operation | None) -> web.Response | None:
        """The response to a request whose key was used before; None if it was not. Raises ApiProblem."""
        before = await within(things.kept_request(self._db, key.organization_id, kept.key))
        if before is None:
            return None
        if before.hash != kept.hash:
            raise requests.mismatch()
        found = await within(self._noun.table.get(self._db, key.organization_id, before.thing_id))
        if found is None:
            raise shared.no_such(self._api)
        resource = representation.resource(self._noun, found, await within(reading.cards_of(self._db, found)))
        if operation and operation.stands and (conflict := operation.stands(found, before.made_id)) is not None:
            raise self._conflict(conflict, resource)
        if operation and operation.made:
            extra = operation.made(self._db, key.organization_id, before.thing_id, before.made_id)
            resource |= await within(extra)
        return json_response.json(resource, headers={"Idempotency-Replayed": "true"})

    async def _answer(self, key: Key, outcome: Outcome) -> web.Response:
        match outcome:
            case Done():
                return await self._done(key, outcome)
            case Found(ids=found):
                items, _ = await shared.written(self._db, self._noun, key.organization_id, found)
                return await json_response.page(items, next_cursor=None)
            case NoSuchThing(detail=detail):
                raise shared.no_such(self._api, detail)
            case Swept(settled=swept):
                self._tell(key, swept)
                ids = [self._noun.id_of(each.after.thing.id, each.after.row) for each in swept]
                return json_response.json({"ids": ids})
            case Nothing():
                return web.Response(status=204)
            case Conflict(id=id):
                raise self._conflict(
                    outcome, await within(reading.resource(self._db, self._noun, key.organization_id, id))
                )
            case IllegalMove(id=id, detail=detail, missing=missing):
                thing = await within(reading.resource(self._db, self._noun, key.organization_id, id))
                shown = thing["id"] if thing else self._noun.public_id(id)
                raise ApiProblem(ILLEGAL_MOVE, f"{shown}: {detail}", thing=thing, missing=missing)
            case TooManyThings():
                raise self._parts.quota.refusal()
            case Wrong(pointer=pointer, message=message):
                raise problems.invalid(pointer, message)
            case _:
                assert_never(outcome)

    async def _done(self, key: Key, done: Done[Any]) -> web.Response:
        """Return the thing as it now is, after what happened is logged, counted and notified."""
        after = done.settled.after
        id = self._noun.id_of(after.thing.id, after.row)
        self._tell(key, (done.settled, *done.also))
        try:
            if done.is_pinned:
                resource: Json | None = representation.resource(
                    self._noun, after, await within(reading.cards_of(self._db, after))
                )
            else:
                resource = await within(reading.resource(self._db, self._noun, key.organization_id, after.thing.id))
        except errors.Unavailable:
            resource = None  # it is stored: answering 503 would have the agent do it twice
        return json_response.json(
            {**(resource or representation.resource(self._noun, after, [])), **done.extra},
            status=201 if done.is_new or done.has_added else 200,
            headers={"Location": f"/v1/{self._noun.plural}/{id}"} if done.is_new else {},
        )

    def _conflict(self, conflict: Conflict, thing: Json | None) -> ApiProblem:
        shown = thing["id"] if thing else self._noun.public_id(conflict.id)
        return ApiProblem(THING_CONFLICTS[conflict.code], f"{shown}: {conflict.detail}", thing=thing)

    def _tell(self, key: Key, changed: Sequence[Settled[Any]]) -> None:
        """Log, count and notify what happened to things."""
        for settled in changed:
            thing = settled.after.thing
            for entry in settled.happened:
                moved = self._noun.public_id(thing.id)
                _log.info("thing_moved", thing=moved, move=entry.move, status=entry.to_status, key=key.name)
                self._parts.metrics.thing_moved(self._noun.name, entry.move)
            self._parts.notifier.thing_changed(key.organization_id, thing.id)
            due_at = self._noun.due_at(settled.after.row)
            is_soon = due_at is not None and due_at - thing.read_at < _SOON  # the loop may look for it too late
            if is_soon or self._noun.stirs_others(settled.happened):
                self._parts.notifier.things.set()


def _seconds(request: web.Request, operation: Operation | None) -> float | None:
    """How long a request may wait; None: it does not. Raises ApiProblem."""
    if operation and operation.waits:
        return parameters.wait(request.query)
    parameters.only(request.query)
    return None


async def _insist(work: Work, context: Context) -> Outcome:
    """Work, and once more if the database certainly did nothing, as after a deadlock."""
    try:
        return await work(context)
    except errors.Unavailable as error:
        if error.failure is not errors.Failure.RETRY:
            raise
        return await work(context)
