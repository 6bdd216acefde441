"""A load balancer that connects each client to the next of its servers, one after the other."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

_CHUNK = 65536


@contextlib.asynccontextmanager
async def before(urls: Sequence[str]) -> AsyncIterator[str]:
    """Run it before these URLs for the block; yields its URL, with the path of the first."""
    turns = itertools.cycle([(url.hostname, url.port) for url in map(urlsplit, urls)])
    links: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        links.add(asyncio.create_task(_connect(reader, writer, *next(turns))))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{urlsplit(urls[0]).path}"
    finally:
        server.close()
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)


async def _connect(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str | None, port: int | None
) -> None:
    """Connect a client to one server until one of them closes; a server that cannot be reached closes at once."""
    try:
        answers, requests = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pass(reader, requests), _pass(answers, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side closes its connection."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
