"""Finds out by connecting whether a server accepts connections at an address, and which server it is."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

import asyncpg

_TIMEOUT = 2.0  # seconds; another program may listen on our port and never respond

_UNAVAILABLE = (  # refused, starting up, shutting down, wrong password, or no PostgreSQL
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@dataclass(frozen=True)
class ProbedServer:
    """A server that proved by SCRAM that it knows our password: its data directory and its process id."""

    cluster: Path
    pid: int


def server_at(dsn: str) -> ProbedServer | None:
    """The server at this address, or None when no server accepts connections with this password.

    Blocks. Connects in a thread with its own event loop, so it can be called whether or not a loop is running.
    """
    found: list[ProbedServer] = []

    def connect() -> None:
        if server := asyncio.run(_connect(dsn)):
            found.append(server)

    thread = threading.Thread(target=connect, name="probe")
    thread.start()
    thread.join()
    return found[0] if found else None


async def _connect(dsn: str) -> ProbedServer | None:
    try:
        connection = await asyncpg.connect(dsn, ssl=False, timeout=_TIMEOUT, command_timeout=_TIMEOUT)
        try:
            row = await connection.fetchrow(
                "SELECT current_setting('data_directory'), split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"
            )
        finally:
            await connection.close(timeout=_TIMEOUT)
    except _UNAVAILABLE:
        return None
    return ProbedServer(cluster=Path(row[0]), pid=int(row[1])) if row else None
