"""Follows one organization's feed: this replica reads each event once, for all of the organization's streams.

The latest events are kept in the encoding in which they are sent, up to a limit; a stream that has fallen further
behind reads pages of its own. So a slow client costs no memory here, and delays no other client.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bridge.agents.events import reading
from bridge.agents.http.deadline import within
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import errors, events
from storage.events import Numbered
from storage.pool import Database

_log = Log("agents")

_AT_ONCE = 10  # kept events that a stream takes at once: it holds them in memory until it has sent them


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """What a feed reads and keeps."""

    page: int = 25  # events of one read; a stream with a slow client holds at most so many in memory
    events: int = 200  # that are kept
    size: int = 1024 * 1024  # bytes of the kept events together
    retry_seconds: float = 1.0  # before the next read, after the database could not be reached


DEFAULT_LIMITS: Final = FeedLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedEvent:
    """One event as every stream that wants its type sends it."""

    position: int
    type: str
    lines: bytes
    end: UUID | None = None  # the interaction whose end this event reports, if no agent had acknowledged it


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """The events after a position, and the position up to which none is missing."""

    events: list[EncodedEvent]
    position: int
    is_full: bool  # there may be more


class Feed:
    """Keeps the events after a floor, up to `position`.

    `advanced` is set, and replaced by a new event, whenever a stream should look again.
    """

    def __init__(
        self, *, db: Database, reader: Reader, organization_id: UUID, position: int, limits: FeedLimits = DEFAULT_LIMITS
    ) -> None:
        self._db = db
        self._reader = reader
        self._organization_id = organization_id
        self._limits = limits
        self._kept: deque[EncodedEvent] = deque()
        self._size = 0
        self._floor = position
        self._stopping = False
        self.position = position
        self.advanced = asyncio.Event()
        self.is_waiting = False  # `run` has read all events and waits for new ones
        self.ended = False  # no more events will come: its streams need another feed

    @property
    def kept(self) -> tuple[int, int]:
        """How many events are kept, and their bytes together."""
        return len(self._kept), self._size

    def past(self, position: int) -> list[EncodedEvent] | None:
        """The next kept events after a position, at most ten; None when some events after it are no longer kept."""
        if position < self._floor:
            return None
        return list(itertools.islice((event for event in self._kept if event.position > position), _AT_ONCE))

    async def run(self, notifier: Notifier) -> None:
        """Read new events until `stop` is called or the replica stops."""
        try:
            with notifier.following(self._organization_id) as signal:
                while not (self._stopping or notifier.closing.is_set()):
                    signal.clear()
                    if not await self.step():
                        self.is_waiting = True
                        await signal.wait()
                        self.is_waiting = False
        except Exception as error:  # noqa: BLE001  -- this task is not awaited, so the error would never be logged
            _log.failure("feed_failed", error)
        finally:
            self.ended = True
            self.wake_streams()

    def stop(self, notifier: Notifier) -> None:
        """End `run`: no stream follows this feed any more."""
        self._stopping = True
        notifier.feed_advanced(self._organization_id)

    async def step(self) -> bool:
        """Read one page; whether to read the next one at once."""
        try:
            page = await read(
                self._db, self._reader, self._organization_id, past=self.position, limit=self._limits.page
            )
        except errors.Unavailable as error:
            _log.warning("feed_not_read", cause=error.cause)
            await asyncio.sleep(self._limits.retry_seconds)
            return True
        if page.position > self.position:
            self._keep(page)
        return page.is_full

    def wake_streams(self) -> None:
        """Have every stream check for kept events, and whether to end."""
        advanced, self.advanced = self.advanced, asyncio.Event()
        advanced.set()

    def _keep(self, page: FeedPage) -> None:
        for event in page.events:
            self._kept.append(event)
            self._size += len(event.lines)
        self.position = page.position
        while len(self._kept) > self._limits.events or self._size > self._limits.size:
            dropped = self._kept.popleft()
            self._floor = dropped.position
            self._size -= len(dropped.lines)
        self.wake_streams()


async def number(db: Database, notifier: Notifier) -> Numbered:
    """Give committed events their positions and deliveries, and wake the streams and the deliveries loop.

    A request that lists events or deliveries calls this first, so that it shows what happened before it came.
    """
    numbered = await events.number(db)
    notifier.events_numbered(numbered.counts, deliveries=numbered.deliveries)
    return numbered


async def read(
    db: Database,
    reader: Reader,
    organization_id: UUID,
    *,
    past: int,
    limit: int,
    types: Collection[str] | None = None,
) -> FeedPage:
    """A page of a feed, encoded for streams; raises Unavailable."""
    wanted = None if types is None else sorted(types)
    page = await within(reading.read(db, reader, organization_id, past=past, types=wanted, limit=limit))
    return FeedPage(
        events=[
            EncodedEvent(
                position=each.event.position,
                type=each.event.type,
                lines=lines(each.id, each.envelope),
                end=each.end,
            )
            for each in page.events
        ],
        position=page.last.position if page.last else past,
        is_full=page.is_full,
    )


def lines(id: str, envelope: str) -> bytes:
    """An envelope as a server-sent event: its id, from which a client can resume, and its JSON in one data line."""
    return f"id: {id}\ndata: {envelope}\n\n".encode()
