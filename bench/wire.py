"""A minimal HTTP/1.1 connection, so cheap that a measurement is of the server and not of the client.

It sends bytes that were prepared before the clock started, and reads a response whose head states its length.
"""

import asyncio
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit


class Wire:
    """A persistent connection for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the server of this URL."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a request unchanged; returns status and body of the response. Raises ConnectionError or EOFError."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        _, found, length = head.lower().partition(b"\r\ncontent-length:")
        if not found:
            raise ConnectionError("the response has no Content-Length")
        return status, await self._reader.readexactly(int(length.split(b"\r\n", 1)[0]))

    async def expect(self, request: bytes, status: int = 200) -> bytes:
        """Send a request, and return the body of the response.

        Raises RuntimeError for any other status, because a refused request measures nothing.
        """
        received, body = await self.exchange(request)
        if received != status:
            raise RuntimeError(f"the server answered {received} instead of {status}: {body[:300]!r}")
        return body

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


def request(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """A complete HTTP/1.1 request as bytes."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
