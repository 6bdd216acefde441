"""What a PostgreSQL server says of itself."""

from dataclasses import dataclass
from datetime import datetime

from storage import statements
from storage.statements import Runs

_SQL = statements.load("server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server's version, whether what it confirmed survives a crash, and what time it has."""

    version: int  # 150004 is 15.4
    fsync: bool
    synchronous_commit: bool
    now: datetime


async def look(db: Runs) -> Server:
    """Ask it."""
    return Server(**await _SQL["look"].one(db))
