"""One HTTP/1.1 connection that costs almost nothing, so that what is measured is the server.

It sends bytes that were made before the clock ran, and reads an answer of a known length.
"""

import asyncio
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """A connection that is kept open; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the server of this URL."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a request as it is; its answer's status and body. Raises ConnectionError or EOFError."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        _, found, length = head.lower().partition(b"\r\ncontent-length:")
        if not found:
            raise ConnectionError("the answer does not say how long it is")
        return status, await self._reader.readexactly(int(length.split(b"\r\n", 1)[0]))

    async def expect(self, request: bytes, status: int = 200) -> bytes:
        """The body of an answer; raises RuntimeError for another status: what was refused was not measured."""
        given, body = await self.exchange(request)
        if given != status:
            raise RuntimeError(f"the server answered {given} instead of {status}: {body[:300]!r}")
        return body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def request(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """A whole request as bytes."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
