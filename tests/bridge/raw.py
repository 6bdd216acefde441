"""Sends raw HTTP requests that no client library would send."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.bridge.replica import Replica


def head(replica: Replica, body: bytes, headers: dict[str, str]) -> bytes:
    parts = urlsplit(replica.url)
    lines = {"Host": parts.netloc, "Content-Length": str(len(body)), **replica.signed(body), **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {parts.path} HTTP/1.1\r\n{text}\r\n".encode() + body


@asynccontextmanager
async def connected(replica: Replica) -> Any:
    parts = urlsplit(replica.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def raw(replica: Replica, body: bytes, headers: dict[str, str]) -> int:
    """Send a raw request; returns the HTTP status."""
    async with connected(replica) as (reader, writer):
        writer.write(head(replica, body, headers))
        line = await reader.readline()
        return int(line.split()[1])
