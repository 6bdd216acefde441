"""The feed of an organization's events: a page of it, or a stream (server-sent events) that goes on."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents import auth, envelope, feed, filters, parameters, reply
from bridge.agents.deadline import within
from bridge.agents.places import Places, Sort
from bridge.agents.problems import BAD_PARAMETER, Problem
from bridge.agents.streams import Stream, Streams
from bridge.reader import Reader
from bridge.wake import Wake
from storage import events
from storage.model import EventType, Key
from storage.pool import Database

BEGINNING: Literal["beginning"] = "beginning"
AFTER = f"^(evt_[0-7][0-9a-hjkmnp-tv-z]{{25}}|{BEGINNING})$"
HEADER = "Last-Event-ID"
CONTENT_TYPE = "text/event-stream"
_HEADERS = {
    "Content-Type": CONTENT_TYPE,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back until it has a page of them
}
_AGAIN = f"Give the id of the last event you got (evt_…), or {BEGINNING} for the oldest event that is kept"

After: TypeAlias = UUID | Literal["beginning"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the feed somebody wants."""

    after: After
    name: str  # of the parameter or header that says after what
    types: frozenset[EventType] | None  # None: all
    limit: int


class Events:
    """The handler."""

    def __init__(self, *, db: Database, reader: Reader, wake: Wake, streams: Streams, places: Places) -> None:
        self._db = db
        self._reader = reader
        self._places = places
        self._wake = wake
        self._streams = streams

    async def get(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/events: a page, or, when the client accepts a stream, what is past a place and all that comes."""
        if _wants_stream(request):
            return await self._stream(request)
        asked, key = read(request, ["after", "types", "limit"]), auth.key(request)
        await within(feed.number(self._db, self._wake))
        past = await self._position(key, asked) or events.BEGINNING
        types = sorted(asked.types) if asked.types is not None else None
        page = await within(
            envelope.read(self._db, self._reader, key.organization_id, past=past, types=types, most=asked.limit + 1)
        )
        told = page.told[: asked.limit]
        next_cursor = told[-1][1]["id"] if page.is_full and told else None
        ends = {end for event, value in told if (end := envelope.unheard_end(event, value))}
        return reply.json(
            {"items": [value for _, value in told], "next_cursor": next_cursor},
            written=lambda: self._heard(key, ends),
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if "limit" in request.query:
            raise Problem(BAD_PARAMETER, "limit is for pages, and a stream has none: leave it out.")
        asked, key = read(request, ["after", "types"]), auth.key(request)
        with self._places.one(request, key.organization_id, Sort.STREAM) as is_held:
            if not is_held:
                raise self._places.refusal(key.organization_id, Sort.STREAM)
            position = await self._position(key, asked)
            if position is None:
                position = (await within(events.position(self._db, key.organization_id))).latest
            response = web.StreamResponse(headers=_HEADERS)
            with contextlib.suppress(ConnectionResetError):  # the client has gone before it began
                await response.prepare(request)
                await self._streams.serve(
                    Stream(key=key, request=request, response=response, types=asked.types, position=position)
                )
        return response

    def _heard(self, key: Key, ends: Collection[UUID]) -> None:
        """The ends of these questions went out to a key of their organization."""
        for interaction_id in ends:
            self._wake.agent_heard(key.organization_id, interaction_id)

    async def _position(self, key: Key, asked: Asked) -> int | None:
        """Where to begin; None when that was not said. Raises Problem."""
        if asked.after is None or asked.after == BEGINNING:
            return events.BEGINNING if asked.after else None
        position = (await within(events.position(self._db, key.organization_id, asked.after))).position
        if position is None:
            raise Problem(
                BAD_PARAMETER,
                f"{asked.name} is no event of your organization, or one that is not kept any more. {_AGAIN}.",
            )
        return position


def read(request: web.Request, names: list[str]) -> Asked:
    """The query and the header of a request; raises Problem."""
    parameters.only(request.query, names)
    sent = request.headers.getall(HEADER, [])
    if len(sent) > 1:
        raise Problem(BAD_PARAMETER, f"{HEADER} must be sent once.")
    # An EventSource that comes again repeats its address, and knows better by now.
    name, text = (HEADER, sent[0]) if sent else ("after", request.query.get("after"))
    return Asked(
        after=_after(name, text),
        name=name,
        types=_types(request.query.get("types")),
        limit=filters.limit(request.query.get("limit")),
    )


def _after(name: str, text: str | None) -> After:
    if text is None or text == BEGINNING:
        return BEGINNING if text else None
    if (id := ids.decode("evt", text)) is None:
        raise Problem(BAD_PARAMETER, f"{name} is not the id of an event. {_AGAIN}.")
    return id


def _types(text: str | None) -> frozenset[EventType] | None:
    if text is None:
        return None
    wanted = text.split(",")
    if not set(wanted) <= set(EventType) or len(set(wanted)) < len(wanted):
        known = ", ".join(EventType)
        raise Problem(BAD_PARAMETER, f"types must be one or more of {known}, each once, with commas between them.")
    return frozenset(EventType(one) for one in wanted)


def _wants_stream(request: web.Request) -> bool:
    """Whether the client named the stream's content type; who takes anything gets a page."""
    accepted = ",".join(request.headers.getall("Accept", []))
    return any(one.partition(";")[0].strip().lower() == CONTENT_TYPE for one in accepted.split(","))
