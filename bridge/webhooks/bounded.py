"""Connections that receive a limited number of bytes, counted on arrival, so that skipped bytes count too.

aiohttp limits the length of a line and of the headers of one response. It does not limit interim responses (103), chunk
extensions and trailers, which it reads for as long as they arrive, at the speed of the network.
"""

import asyncio
import functools
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

MAX_BODY = 64 * 1024  # bytes of a response body that are read
MAX_RECEIVED = 96 * 1024  # bytes of one attempt: the body and everything around it
_PIECE = 2 * 1024  # bytes that the parser gets at once
_MAX_PARSED = 8  # responses waiting after one piece; each takes the parser as long as 1 KiB of body, in 30 bytes


class TooMuch(aiohttp.ClientError):
    """A receiver sent more than allowed, other than a long body; the message says what."""


class BoundedConnector(aiohttp.TCPConnector):
    """Opens a new connection for each attempt, any number at once, each limited to MAX_RECEIVED bytes."""

    def __init__(self, **other: Any) -> None:
        super().__init__(limit=0, force_close=True, **other)
        protocol: type[ResponseHandler] = _BoundedProtocol
        self._factory = functools.partial(protocol, loop=asyncio.get_running_loop())


class _BoundedProtocol(ResponseHandler):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._left = MAX_RECEIVED

    def data_received(self, data: bytes) -> None:
        if not data:  # aiohttp calls this itself, to continue parsing
            super().data_received(data)
            return
        allowed, self._left = data[: self._left], self._left - len(data)
        for start in range(0, len(allowed), _PIECE):
            super().data_received(allowed[start : start + _PIECE])
            if self.exception() is not None:
                return
            if len(self) > _MAX_PARSED:
                self._left = 0
                self._cut(TooMuch("sent more than one response"))
                return
        if self._left < 0:
            self._left = 0
            self._cut(TooMuch(f"answered with more than {MAX_RECEIVED // 1024} KiB"))

    def _cut(self, error: TooMuch) -> None:
        payload = self._payload
        self.abort()
        self.set_exception(error)
        if payload is None:
            return
        if payload.total_bytes > MAX_BODY:
            payload.feed_eof()  # the first MAX_BODY bytes are read and used
        else:
            payload.set_exception(error)
