"""The streams of this replica: each follows its organization's feed from a place, and is cut when it must be.

No database connection is held while one waits. Whoever is cut, for whatever reason, resumes anywhere with the id of the
last event it got.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from aiohttp import web

from bridge.agents import feed
from bridge.agents.deadline import within
from bridge.agents.feed import Feed
from bridge.logs import Log
from bridge.reader import Reader
from bridge.wake import Wake
from storage import errors, events, keys
from storage.model import EventType, Key
from storage.pool import Database

_log = Log("agents")

HEARTBEAT_SECONDS = 15.0  # of silence, after which a comment is sent: what is silent for long is cut by proxies
PATIENCE_SECONDS = 20.0  # for a client to take what was written
KEY_SECONDS = 5.0  # how long a revoked key goes on hearing
_STOP_SECONDS = 2.0  # instead of the patience, when the replica stops
_READERS = 4  # streams that may read pages of their own at once: a thousand that resume leave others the database
_SOCKET_BYTES = 64 * 1024  # that the kernel holds for one stream; left to itself it may take some millions
_BEGIN = b"retry: 2000\n\n"  # milliseconds after which an EventSource comes again
_HEARTBEAT = b":\n\n"


@dataclass(eq=False, slots=True, kw_only=True)
class Stream:
    """One client that listens."""

    key: Key
    request: web.Request
    response: web.StreamResponse  # prepared
    types: frozenset[EventType] | None  # None: all
    position: int  # everything up to here was sent, or is not wanted
    is_cut: bool = False
    _sending: asyncio.Timeout | None = field(default=None, init=False)
    _bytes: int = field(default=0, init=False)  # that were written
    _ends: list[tuple[int, UUID]] = field(default_factory=list, init=False)  # told by what was written up to there

    async def send(self, lines: bytes, *, end: UUID | None = None) -> None:
        """Write, and wait for the client to take it; raises TimeoutError or ConnectionResetError.

        `end` is the question whose end the lines tell; `gone` gives it back once they are out.
        """
        self._bytes += len(lines)
        if end is not None:
            self._ends.append((self._bytes, end))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as self._sending:
                await self.response.write(lines)
        finally:
            self._sending = None

    def gone(self) -> list[UUID]:
        """The questions whose ends have left this process for the client since this was last asked."""
        transport = self.request.transport
        if not self._ends or transport is None or transport.is_closing():  # a lost connection forgets what it kept
            return []
        out = self._bytes - transport.get_write_buffer_size()  # framing makes this too few rather than too many
        ends = [end for written, end in self._ends if written <= out]
        del self._ends[: len(ends)]
        return ends

    def hurry(self) -> None:
        """Have the client take what is being written soon, or be cut."""
        if self._sending is not None:
            self._sending.reschedule(asyncio.get_running_loop().time() + _STOP_SECONDS)

    def abort(self) -> None:
        """Let go of the connection, whatever is still to be written."""
        if self.request.transport is not None:
            self.request.transport.abort()


class Streams:
    """All of them. `step` is a loop's."""

    def __init__(self, *, db: Database, reader: Reader, wake: Wake) -> None:
        self._db = db
        self._reader = reader
        self._wake = wake
        self._streams: set[Stream] = set()
        self._feeds: dict[UUID, Feed] = {}
        self._followers: Counter[Feed] = Counter()
        self._reading: set[asyncio.Task[None]] = set()  # so that none is forgotten while it runs
        self._readers = asyncio.Semaphore(_READERS)
        self._checked_at = float("-inf")

    def __len__(self) -> int:
        return len(self._streams)

    async def serve(self, stream: Stream) -> None:
        """Send everything past the stream's place until it is cut, its client goes, or the replica stops."""
        if (connection := stream.request.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        self._streams.add(stream)
        try:
            await self._send(stream, _BEGIN)
            await self._catch_up(stream)
            with self._following(stream) as followed:
                await self._follow(stream, followed)
            if stream.request.protocol.writing_paused:
                stream.abort()  # the end of the response would wait for a client that does not read
        except TimeoutError:
            _log.info("stream_cut", key=stream.key.name, why="what was sent is not read")
            stream.abort()
        except errors.Unavailable as error:
            _log.warning("stream_cut", key=stream.key.name, why="no database", cause=error.cause)
            stream.abort()
        except ConnectionResetError:
            pass  # the client has gone
        finally:
            self._streams.discard(stream)

    async def step(self) -> int:
        """Find what no hint told of, and cut the streams whose key opens no door any more; always 0."""
        if not self._streams:
            return 0
        self._wake.numbering.set()
        latest = await events.latest(self._db, list(self._feeds))
        for organization_id, followed in self._feeds.items():
            if latest.get(organization_id, 0) > followed.position:
                self._wake.moved(organization_id)
        now = asyncio.get_running_loop().time()
        if now - self._checked_at >= KEY_SECONDS:
            await self._check_keys()
            self._checked_at = now
        return 0

    def close(self) -> None:
        """The replica stops: streams end by themselves, once their clients take what is being written, or soon."""
        for stream in self._streams:
            stream.hurry()

    async def _check_keys(self) -> None:
        streams = list(self._streams)
        valid = await keys.valid(self._db, {(stream.key.organization_id, stream.key.id) for stream in streams})
        for stream in streams:
            if (stream.key.organization_id, stream.key.id) not in valid:
                _log.info("stream_cut", key=stream.key.name, why="its key is revoked")
                stream.is_cut = True
                stream.hurry()
                if (followed := self._feeds.get(stream.key.organization_id)) is not None:
                    followed.nudge()

    async def _catch_up(self, stream: Stream) -> None:
        """Send pages until there are no more."""
        organization_id, is_full = stream.key.organization_id, True
        while is_full and not self._is_over(stream):
            async with self._readers:
                # The end before the page: what is not in the page, and not past this end, is not wanted or gone.
                end = (await within(events.position(self._db, organization_id))).latest
                if end <= stream.position:
                    return
                page = await feed.read(
                    self._db, self._reader, organization_id, past=stream.position, types=stream.types
                )
            for told in page.told:
                if self._is_over(stream):
                    return
                await self._send(stream, told.lines, end=told.end)
                stream.position = told.position
            is_full = page.is_full
            stream.position = page.position if is_full else max(page.position, end)

    async def _follow(self, stream: Stream, followed: Feed) -> None:
        while not (self._is_over(stream) or followed.ended):
            moved = followed.moved
            if (kept := followed.past(stream.position)) is None:
                await self._catch_up(stream)
                continue
            for told in kept:
                if self._is_over(stream):
                    return
                if stream.types is None or told.type in stream.types:
                    await self._send(stream, told.lines, end=told.end)
                stream.position = told.position
            if kept:
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await moved.wait()
            except TimeoutError:
                await self._send(stream, _HEARTBEAT)

    async def _send(self, stream: Stream, lines: bytes, *, end: UUID | None = None) -> None:
        """Write, and let be remembered which ends went out by now: what is still kept here, nobody has heard."""
        await stream.send(lines, end=end)
        for interaction_id in stream.gone():
            self._wake.agent_heard(stream.key.organization_id, interaction_id)

    def _is_over(self, stream: Stream) -> bool:
        return stream.is_cut or self._wake.closing.is_set()

    @contextlib.contextmanager
    def _following(self, stream: Stream) -> Iterator[Feed]:
        """The organization's feed, read for as long as some stream follows it."""
        organization_id = stream.key.organization_id
        followed = self._feeds.get(organization_id)
        if followed is None or followed.ended:
            followed = Feed(db=self._db, reader=self._reader, organization_id=organization_id, position=stream.position)
            self._feeds[organization_id] = followed
            reading = asyncio.create_task(followed.run(self._wake))
            self._reading.add(reading)
            reading.add_done_callback(self._reading.discard)
        self._followers[followed] += 1
        try:
            yield followed
        finally:
            self._followers[followed] -= 1
            if not self._followers[followed]:
                del self._followers[followed]
                followed.stop(self._wake)
                if self._feeds.get(organization_id) is followed:
                    del self._feeds[organization_id]
