"""Connections that take in only so much, counted in bytes as they arrive: whatever a parser would skip counts as well.

aiohttp bounds a line and the headers of one answer, and reads answers before the answer (103), extensions of chunks and
headers after the body for as long as they come, at the speed of the wire.
"""

import asyncio
import functools
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

MOST_BODY = 64 * 1024  # of an answer; more is not read
MOST_RECEIVED = 96 * 1024  # in one attempt: the body, and all that is around it
_PIECE = 2 * 1024  # given to the parser at once
_MOST_WAITING = 8  # answers in what came at once; each costs the parser as much as 1 KiB of a body, in 30 bytes


class TooMuch(aiohttp.ClientError):
    """What a receiver sent does not end, and that is not for a long body; says so in words."""


class BoundedConnector(aiohttp.TCPConnector):
    """Makes a connection for each attempt, as many at once as are asked for, each within MOST_RECEIVED."""

    def __init__(self, **other: Any) -> None:
        super().__init__(limit=0, force_close=True, **other)
        made: type[ResponseHandler] = _Connection
        self._factory = functools.partial(made, loop=asyncio.get_running_loop())


class _Connection(ResponseHandler):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._left = MOST_RECEIVED

    def data_received(self, data: bytes) -> None:
        if not data:  # aiohttp itself calls so, to go on
            super().data_received(data)
            return
        allowed, self._left = data[: self._left], self._left - len(data)
        for start in range(0, len(allowed), _PIECE):
            super().data_received(allowed[start : start + _PIECE])
            if self.exception() is not None:
                return
            if len(self) > _MOST_WAITING:
                self._left = 0
                self._cut(TooMuch("answered with one answer after the other"))
                return
        if self._left < 0:
            self._left = 0
            self._cut(TooMuch(f"answered with more than {MOST_RECEIVED // 1024} KiB"))

    def _cut(self, why: TooMuch) -> None:
        payload = self._payload
        self.abort()
        self.set_exception(why)
        if payload is None:
            return
        if payload.total_bytes > MOST_BODY:
            payload.feed_eof()  # its beginning is good to read
        else:
            payload.set_exception(why)
