"""The event streams of this replica: each sends its organization's feed from a position on.

No database connection is held while a stream waits. A stream is cut when its key is revoked, its client is too slow or
the replica stops; its client then resumes on any replica with the id of the last event it received.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from aiohttp import web

from bridge.agents.auth.open_keys import OpenKeys
from bridge.agents.events import feed
from bridge.agents.events.feed import Feed, FeedLimits
from bridge.agents.http.deadline import within
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import errors, events
from storage.model import Key
from storage.pool import Database

_log = Log("agents")

_READERS = 4  # streams that read pages of their own at once: a thousand that resume must not occupy the database
_SOCKET_BYTES = 64 * 1024  # the kernel's send buffer of one stream; by default it may grow to some millions
_BEGIN = b"retry: 2000\n\n"  # milliseconds after which an EventSource reconnects
_HEARTBEAT = b":\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTimes:
    """The times of streams, in seconds."""

    heartbeat: float = 15.0  # without an event, after which a comment is sent: proxies cut connections that are idle
    write: float = 20.0  # for a client to take what was written
    stop: float = 2.0  # the same, once the replica stops or the key is revoked


DEFAULT_TIMES: Final = StreamTimes()


@dataclass(eq=False, slots=True, kw_only=True)
class Stream:
    """One client that receives events."""

    key: Key
    request: web.Request
    response: web.StreamResponse  # prepared
    types: frozenset[str] | None  # None: all
    position: int  # everything up to here was sent, or has another type
    times: StreamTimes = DEFAULT_TIMES
    is_cut: bool = False
    is_waiting: bool = False  # all events were sent, and it waits for new ones
    _sending: asyncio.Timeout | None = field(default=None, init=False)
    _bytes: int = field(default=0, init=False)  # that were written
    _ends: list[tuple[int, UUID]] = field(default_factory=list, init=False)  # (bytes written up to it, interaction)

    @property
    def is_sending(self) -> bool:
        """Whether the stream waits for its client to take what was written."""
        return self._sending is not None

    async def send(self, lines: bytes, *, end: UUID | None = None) -> None:
        """Write, and wait for the client to take it; raises TimeoutError or ConnectionResetError.

        `end` is the interaction whose end the lines report; `sent_ends` returns it once they left this process.
        """
        self._bytes += len(lines)
        if end is not None:
            self._ends.append((self._bytes, end))
        try:
            async with asyncio.timeout(self.times.write) as self._sending:
                await self.response.write(lines)
        finally:
            self._sending = None

    def sent_ends(self) -> list[UUID]:
        """The interactions whose ends have left this process since the last call."""
        transport = self.request.transport
        if not self._ends or transport is None or transport.is_closing():  # a lost connection has dropped its buffer
            return []
        sent = self._bytes - transport.get_write_buffer_size()  # a little too low, as the buffer has the framing too
        ends = [end for written, end in self._ends if written <= sent]
        del self._ends[: len(ends)]
        return ends

    def hurry(self) -> None:
        """Shorten the time that the client has to take what is being written."""
        if self._sending is not None:
            self._sending.reschedule(asyncio.get_running_loop().time() + self.times.stop)

    def abort(self) -> None:
        """Close the connection, and drop what is still to be written."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Streams:
    """All streams of this replica. `step` is called by a loop."""

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        notifier: Notifier,
        open_keys: OpenKeys,
        times: StreamTimes = DEFAULT_TIMES,
        limits: FeedLimits = feed.DEFAULT_LIMITS,
    ) -> None:
        self._db = db
        self._reader = reader
        self._notifier = notifier
        self._open_keys = open_keys
        self._limits = limits
        self.times = times
        self._streams: set[Stream] = set()
        self._feeds: dict[UUID, Feed] = {}
        self._followers: Counter[Feed] = Counter()
        self._reading: set[asyncio.Task[None]] = set()  # the event loop itself keeps no reference to running tasks
        self._readers = asyncio.Semaphore(_READERS)

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def open(self) -> Collection[Stream]:
        """The streams that are open now."""
        return self._streams

    @property
    def reading_count(self) -> int:
        """How many feeds are being read; a feed that was stopped counts until its task has ended."""
        return len(self._reading)

    @property
    def following_count(self) -> int:
        """How many streams have sent the pages they resumed from, and follow the feed of their organization."""
        return self._followers.total()

    def feed_of(self, organization_id: UUID) -> Feed | None:
        """The feed of an organization, while a stream follows it."""
        return self._feeds.get(organization_id)

    async def serve(self, stream: Stream) -> None:
        """Send everything after the stream's position until it is cut, its client disconnects, or the replica stops."""
        if (connection := stream.request.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        self._streams.add(stream)
        try:
            with self._open_keys.watching(stream.key, partial(self._revoke, stream)):
                await self._send(stream, _BEGIN)
                await self._catch_up(stream)
                with self._following(stream) as followed:
                    await self._follow(stream, followed)
            if stream.request.protocol.writing_paused:
                stream.abort()  # else the end of the response waits for a client that does not read
        except TimeoutError:
            _log.info("stream_cut", key=stream.key.name, why="the client does not read")
            stream.abort()
        except errors.Unavailable as error:
            _log.warning("stream_cut", key=stream.key.name, why="no database", cause=error.cause)
            stream.abort()
        except ConnectionResetError:
            pass  # the client disconnected
        finally:
            self._streams.discard(stream)

    async def step(self) -> int:
        """Wake feeds that no notification reached; returns 0."""
        if not self._streams:
            return 0
        self._notifier.numbering.set()
        latest = await events.latest(self._db, list(self._feeds))
        for organization_id, followed in self._feeds.items():
            if latest.get(organization_id, 0) > followed.position:
                self._notifier.feed_advanced(organization_id)
        return 0

    def close(self) -> None:
        """Hurry all streams, because the replica stops: each ends once its client has taken what is being written."""
        for stream in self._streams:
            stream.hurry()

    def _revoke(self, stream: Stream) -> None:
        """End a stream whose key is revoked."""
        if stream.is_cut:
            return
        _log.info("stream_cut", key=stream.key.name, why="its key is revoked")
        stream.is_cut = True
        stream.hurry()
        if (followed := self._feeds.get(stream.key.organization_id)) is not None:
            followed.wake_streams()

    async def _catch_up(self, stream: Stream) -> None:
        """Send pages from the database until none is left."""
        organization_id, is_full = stream.key.organization_id, True
        while is_full and not self._is_over(stream):
            async with self._readers:
                # Read before the page: an event up to this end that is not in the page has another type, or is deleted.
                end = (await within(events.position(self._db, organization_id))).latest
                if end <= stream.position:
                    return
                page = await feed.read(
                    self._db,
                    self._reader,
                    organization_id,
                    past=stream.position,
                    limit=self._limits.page,
                    types=stream.types,
                )
            for event in page.events:
                if self._is_over(stream):
                    return
                await self._send(stream, event.lines, end=event.end)
                stream.position = event.position
            is_full = page.is_full
            stream.position = page.position if is_full else max(page.position, end)

    async def _follow(self, stream: Stream, followed: Feed) -> None:
        while not (self._is_over(stream) or followed.ended):
            advanced = followed.advanced
            if (kept := followed.past(stream.position)) is None:
                await self._catch_up(stream)
                continue
            for event in kept:
                if self._is_over(stream):
                    return
                if stream.types is None or event.type in stream.types:
                    await self._send(stream, event.lines, end=event.end)
                stream.position = event.position
            if kept:
                continue
            stream.is_waiting = True
            try:
                async with asyncio.timeout(self.times.heartbeat):
                    await advanced.wait()
            except TimeoutError:
                await self._send(stream, _HEARTBEAT)
            finally:
                stream.is_waiting = False

    async def _send(self, stream: Stream, lines: bytes, *, end: UUID | None = None) -> None:
        """Write, and acknowledge the ends that left this process; one that is still buffered has reached no agent."""
        await stream.send(lines, end=end)
        for interaction_id in stream.sent_ends():
            self._notifier.acknowledge(stream.key.organization_id, interaction_id)

    def _is_over(self, stream: Stream) -> bool:
        return stream.is_cut or self._notifier.closing.is_set()

    @contextlib.contextmanager
    def _following(self, stream: Stream) -> Iterator[Feed]:
        """The feed of the stream's organization, which is read as long as a stream follows it."""
        organization_id = stream.key.organization_id
        followed = self._feeds.get(organization_id)
        if followed is None or followed.ended:
            followed = Feed(
                db=self._db,
                reader=self._reader,
                organization_id=organization_id,
                position=stream.position,
                limits=self._limits,
            )
            self._feeds[organization_id] = followed
            reading = asyncio.create_task(followed.run(self._notifier))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)
        self._followers[followed] += 1
        try:
            yield followed
        finally:
            self._followers[followed] -= 1
            if not self._followers[followed]:
                del self._followers[followed]
                followed.stop(self._notifier)
                if self._feeds.get(organization_id) is followed:
                    del self._feeds[organization_id]
