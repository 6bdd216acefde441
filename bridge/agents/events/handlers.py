"""Handlers of an organization's feed of events: one page, or a stream of server-sent events."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from aiohttp import hdrs, web

from bridge import ids
from bridge.agents.auth import auth
from bridge.agents.events import feed, reading
from bridge.agents.events.streams import Stream, Streams
from bridge.agents.http import accept, json_response, paging, parameters
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import BAD_PARAMETER, ApiProblem
from bridge.agents.limits.open_requests import ConcurrencyLimiter, OpenRequest
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.things import event_types
from storage import events
from storage.model import Key
from storage.pool import Database

BEGINNING: Literal["beginning"] = "beginning"
AFTER = f"^(evt_[0-7][0-9a-hjkmnp-tv-z]{{25}}|{BEGINNING})$"
HEADER = "Last-Event-ID"
CONTENT_TYPE = "text/event-stream"
_HEADERS = {
    "Content-Type": CONTENT_TYPE,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # else nginx would buffer events until it has a page of them
}
_AGAIN = f"Give the id of the last event you got (evt_…), or {BEGINNING} for the oldest stored event"

After: TypeAlias = UUID | Literal["beginning"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuery:
    """The query of a request for the feed."""

    after: After
    name: str  # of the parameter or header that `after` was read from
    types: frozenset[str] | None  # None: all
    limit: int


class Events:
    """The handler."""

    def __init__(
        self, *, db: Database, reader: Reader, notifier: Notifier, streams: Streams, concurrency: ConcurrencyLimiter
    ) -> None:
        self._db = db
        self._reader = reader
        self._concurrency = concurrency
        self._notifier = notifier
        self._streams = streams

    async def get(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/events: a page, or, when the client accepts a stream, a stream of old and new events."""
        if accept.prefers(request, CONTENT_TYPE, to=json_response.JSON):
            return await self._stream(request)
        query, key = read(request, ["after", "types", "limit"]), auth.key(request)
        await within(feed.number(self._db, self._notifier))
        past = await self._position(key, query) or events.BEGINNING
        types = sorted(query.types) if query.types is not None else None
        page = await within(
            reading.read(self._db, self._reader, key.organization_id, past=past, types=types, limit=query.limit + 1)
        )
        shown = page.events[: query.limit]
        next_cursor = shown[-1].id if page.is_full and shown else None
        ends = {each.end for each in shown if each.end}
        return await json_response.page(
            [each.envelope for each in shown], next_cursor=next_cursor, on_sent=lambda: self._acknowledge(key, ends)
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if "limit" in request.query:
            raise ApiProblem(BAD_PARAMETER, "limit applies to pages only: leave it out for a stream.")
        query, key = read(request, ["after", "types"]), auth.key(request)
        with self._concurrency.admit(request, key.organization_id, OpenRequest.STREAM) as is_admitted:
            if not is_admitted:
                raise self._concurrency.refusal(key.organization_id, OpenRequest.STREAM)
            position = await self._position(key, query)
            if position is None:
                position = (await within(events.position(self._db, key.organization_id))).latest
            response = web.StreamResponse(headers=_HEADERS)
            if request.method == hdrs.METH_HEAD:
                return response
            with contextlib.suppress(ConnectionResetError):  # the client disconnected before the first byte
                await response.prepare(request)
                await self._streams.serve(
                    Stream(
                        key=key,
                        request=request,
                        response=response,
                        types=query.types,
                        position=position,
                        times=self._streams.times,
                    )
                )
        return response

    def _acknowledge(self, key: Key, ends: Collection[UUID]) -> None:
        """Acknowledge the ends of these interactions, which an agent of the key's organization has received."""
        for interaction_id in ends:
            self._notifier.acknowledge(key.organization_id, interaction_id)

    async def _position(self, key: Key, query: FeedQuery) -> int | None:
        """The position after which to begin; None when the request has none. Raises ApiProblem."""
        if query.after is None or query.after == BEGINNING:
            return events.BEGINNING if query.after else None
        position = (await within(events.position(self._db, key.organization_id, query.after))).position
        if position is None:
            raise ApiProblem(
                BAD_PARAMETER,
                f"{query.name} is not an event of your organization, or is no longer stored. {_AGAIN}.",
            )
        return position


def read(request: web.Request, names: list[str]) -> FeedQuery:
    """Read the query and the header of a request for the feed; raises ApiProblem."""
    parameters.only(request.query, names)
    headers = [header for header in request.headers.getall(HEADER, []) if header]  # empty: no event came yet
    if len(headers) > 1:
        raise ApiProblem(BAD_PARAMETER, f"{HEADER} must be sent once.")
    # An EventSource that reconnects repeats its URL, so its header is more recent than its `after`.
    name, text = (HEADER, headers[0]) if headers else ("after", request.query.get("after"))
    return FeedQuery(
        after=_after(name, text),
        name=name,
        types=_types(request.query.get("types")),
        limit=paging.limit(request.query.get("limit")),
    )


def _after(name: str, text: str | None) -> After:
    if text is None or text == BEGINNING:
        return BEGINNING if text else None
    if (id := ids.decode("evt", text)) is None:
        raise ApiProblem(BAD_PARAMETER, f"{name} is not the id of an event. {_AGAIN}.")
    return id


def _types(text: str | None) -> frozenset[str] | None:
    """The exact types that a list of types and wildcards stands for; raises ApiProblem."""
    if text is None:
        return None
    names = text.split(",")
    if not set(names) <= set(event_types.ACCEPTED) or len(set(names)) < len(names):
        known = ", ".join(event_types.ACCEPTED)
        raise ApiProblem(BAD_PARAMETER, f"types must be one or more of {known}, each once, with commas between them.")
    return event_types.expanded(names)
