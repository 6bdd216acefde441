"""Handlers that read things of one noun: get or wait, list, timeline, and lists of what belongs to a thing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bridge.agents.auth import auth
from bridge.agents.http import json_response, paging, parameters
from bridge.agents.http.deadline import within
from bridge.agents.things import queries, shared
from bridge.agents.things.shared import Parts
from bridge.notifier import ThingSignal
from bridge.things import reading, representation, timeline
from bridge.things.operations import NestedList, NounApi, Report
from storage import json_text, things
from storage.interactions import MAX_PAGE_BYTES
from storage.things import ThingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """A thing as it was read, and the status that is waited for if the thing has or had it since the request began."""

    found: ThingRow[Any]
    reached: str | None


class Things:
    """The handlers that read things of one noun."""

    def __init__(self, api: NounApi[Any], parts: Parts) -> None:
        self._api = api
        self._noun = api.noun
        self._parts = parts
        self._db = parts.db

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>/{id}: the thing now, or, with ?wait=, as soon as it reaches a status."""
        waiting = queries.waiting(request.query, self._noun)
        key, id = auth.key(request), await shared.id_of(self._db, self._api, request)
        began: int | None = None

        async def read(signal: ThingSignal) -> _Snapshot:
            nonlocal began
            found = await within(self._noun.table.get(self._db, key.organization_id, id))
            if found is None:
                raise shared.no_such(self._api)
            began = found.thing.moves if began is None else began
            signal.seen = found.thing.moves
            holding = self._noun.holding(found.row)
            if (held := next((name for name in waiting.until if name in holding), None)) is not None:
                return _Snapshot(found=found, reached=held)
            if found.thing.moves == began:
                return _Snapshot(found=found, reached=None)
            reached = things.reached(self._db, key.organization_id, id, after=began, statuses=waiting.until)
            return _Snapshot(found=found, reached=await within(reached))

        snapshot = await self._parts.poll.until(
            lambda snapshot: snapshot.reached is not None,
            request,
            read,
            self._parts.notifier.watching_thing(key.organization_id, id),
            seconds=waiting.seconds,
            required=True,
        )
        cards = await within(reading.cards_of(self._db, snapshot.found))
        resource = representation.resource(self._noun, snapshot.found, cards)
        return json_response.json({**resource, "reached": snapshot.reached})

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>: one page of those that match the filters, newest first or in the order of the noun."""
        key, query = auth.key(request), queries.page(request.query, self._api)
        found = await within(
            self._noun.table.rows(
                "page",
                self._db,
                organization_id=key.organization_id,
                limit=query.limit + 1,
                **query.start,
                **query.filters,
            )
        )
        wanted = {row["id"]: row for row in found[: query.limit]}
        items, last = await shared.written(
            self._db, self._noun, key.organization_id, list(wanted), max_bytes=MAX_PAGE_BYTES
        )
        is_followed = last is not None and last != found[-1]["id"]
        return await json_response.page(items, next_cursor=self._cursor(wanted[last]) if last and is_followed else None)

    def _cursor(self, last: Mapping[str, Any]) -> str:
        """The cursor of the page after this row."""
        if (order := self._api.order) is None:
            return paging.cursor(last["id"])
        return paging.cursor_of([last[column] for column in order.columns], last["id"])

    async def timeline(self, request: web.Request) -> web.Response:
        """GET /v1/<plural>/{id}/timeline: everything that happened to a thing."""
        parameters.only(request.query)
        key, id = auth.key(request), await shared.id_of(self._db, self._api, request)
        entries = await within(things.timeline(self._db, key.organization_id, id))
        found = await within(self._noun.table.get(self._db, key.organization_id, id))
        if found is None:
            raise shared.no_such(self._api)
        cards = await within(reading.cards_of(self._db, found))
        return json_response.json(timeline.timeline(self._noun, found, cards, entries))

    def report(self, report: Report) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of what is read of several things together."""

        async def handle(request: web.Request) -> web.Response:
            key, query = auth.key(request), queries.required(request.query, report.parameters)
            return json_response.json(await within(report.read(self._db, key.organization_id, query)))

        return handle

    def nested(self, nested: NestedList) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler of a list of what belongs to a thing."""

        async def handle(request: web.Request) -> web.Response:
            key, id, query = (
                auth.key(request),
                await shared.id_of(self._db, self._api, request),
                queries.nested(request.query),
            )
            if await within(self._noun.table.get(self._db, key.organization_id, id)) is None:
                raise shared.no_such(self._api)
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
