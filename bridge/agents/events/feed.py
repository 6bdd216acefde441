"""One organization's feed as this replica follows it: read once, for however many streams.

Its latest events are kept as they are sent, up to a bound; a stream that has fallen further behind reads pages by
itself. So whoever reads slowly costs no memory here, and nobody else's time.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from bridge.agents.events import reading
from bridge.agents.http.deadline import within
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.representation.event import unheard_end
from storage import errors, events
from storage.events import Numbered
from storage.model import EventType, Json
from storage.pool import Database

_log = Log("agents")

PAGE = 25  # events that are read at once; a slow client keeps so many of them in memory, at most
MOST_KEPT = 200  # events
MOST_BYTES = 1024 * 1024  # of them together
_AT_ONCE = 10  # of them that a stream takes: what it holds is not dropped meanwhile
_AGAIN_SECONDS = 1.0  # until a database that could not be reached is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as it is sent to every stream that wants it."""

    position: int
    type: str
    lines: bytes
    end: UUID | None = None  # the question whose end is told by it, and was not heard before


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """What was read past a place, and the place up to which nothing is missing."""

    told: list[Told]
    position: int
    is_full: bool  # so there may be more


class Feed:
    """Everything past a floor, up to `position`, is kept. `moved` is set, and replaced, whenever there is news."""

    def __init__(self, *, db: Database, reader: Reader, organization_id: UUID, position: int) -> None:
        self._db = db
        self._reader = reader
        self._organization_id = organization_id
        self._kept: deque[Told] = deque()
        self._bytes = 0
        self._floor = position
        self._stopping = False
        self.position = position
        self.moved = asyncio.Event()
        self.ended = False  # nothing comes any more: streams go elsewhere

    def past(self, position: int) -> list[Told] | None:
        """The first of what is kept past a place; None when that does not reach back to it."""
        if position < self._floor:
            return None
        return list(itertools.islice((told for told in self._kept if told.position > position), _AT_ONCE))

    async def run(self, notifier: Notifier) -> None:
        """Read whatever comes until it is stopped or the replica is."""
        try:
            with notifier.following(self._organization_id) as signal:
                while not (self._stopping or notifier.closing.is_set()):
                    signal.clear()
                    if not await self._look():
                        await signal.wait()
        except Exception as error:  # noqa: BLE001  -- nobody waits for it, so nobody else would say it
            _log.failure("feed_failed", error)
        finally:
            self.ended = True
            self.nudge()

    def stop(self, notifier: Notifier) -> None:
        """Nobody follows it any more."""
        self._stopping = True
        notifier.feed_advanced(self._organization_id)

    async def _look(self) -> bool:
        """Read a page; whether to look again at once."""
        try:
            page = await read(self._db, self._reader, self._organization_id, past=self.position)
        except errors.Unavailable as error:
            _log.warning("feed_not_read", cause=error.cause)
            await asyncio.sleep(_AGAIN_SECONDS)
            return True
        if page.position > self.position:
            self._keep(page)
        return page.is_full

    def nudge(self) -> None:
        """Let every stream look: at what is kept, and whether it is to end."""
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()

    def _keep(self, page: FeedPage) -> None:
        for told in page.told:
            self._kept.append(told)
            self._bytes += len(told.lines)
        self.position = page.position
        while len(self._kept) > MOST_KEPT or self._bytes > MOST_BYTES:
            dropped = self._kept.popleft()
            self._floor = dropped.position
            self._bytes -= len(dropped.lines)
        self.nudge()


async def number(db: Database, notifier: Notifier) -> Numbered:
    """Give committed events their positions and deliveries, and wake the streams and the deliveries loop.

    A request that lists events or deliveries calls this first, so that it shows what happened before it came.
    """
    numbered = await events.number(db)
    notifier.events_numbered(numbered.counts, deliveries=numbered.deliveries)
    return numbered


async def read(
    db: Database, reader: Reader, organization_id: UUID, *, past: int, types: Collection[EventType] | None = None
) -> FeedPage:
    """A page of a feed as streams send it; raises Unavailable."""
    wanted = None if types is None else sorted(types)
    found = await within(reading.read(db, reader, organization_id, past=past, types=wanted, most=PAGE))
    return FeedPage(
        told=[
            Told(
                position=event.position,
                type=event.type,
                lines=lines(value),
                end=unheard_end(event, value),
            )
            for event, value in found.told
        ],
        position=found.last.position if found.last else past,
        is_full=found.is_full,
    )


def lines(value: Json) -> bytes:
    """An envelope as a server-sent event: its id to resume from, and itself in one line."""
    data = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return f"id: {value['id']}\ndata: {data}\n\n".encode()
