"""Whether a server answers at an address, asked by really connecting, and which server it is."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

import asyncpg

_PATIENCE = 2.0  # seconds for a stranger on our port that says nothing at all

_NOT_THERE = (  # refused, starting up, shutting down, wrong password, or not a PostgreSQL at all
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@dataclass(frozen=True)
class Server:
    """Who answered: it knew our password (SCRAM proves both sides), and this is where it lives."""

    cluster: Path
    pid: int


def who_answers(dsn: str) -> Server | None:
    """The server at this address, or None when none accepts connections with this password.

    Callable wherever an event loop runs or not: it asks in a thread and loop of its own.
    """
    answer: list[Server] = []

    def ask() -> None:
        if server := asyncio.run(_ask(dsn)):
            answer.append(server)

    thread = threading.Thread(target=ask, name="knock")
    thread.start()
    thread.join()
    return answer[0] if answer else None


async def _ask(dsn: str) -> Server | None:
    try:
        connection = await asyncpg.connect(dsn, ssl=False, timeout=_PATIENCE, command_timeout=_PATIENCE)
        try:
            row = await connection.fetchrow(
                "SELECT current_setting('data_directory'), split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"
            )
        finally:
            await connection.close(timeout=_PATIENCE)
    except _NOT_THERE:
        return None
    return Server(cluster=Path(row[0]), pid=int(row[1])) if row else None
