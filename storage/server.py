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
    full_page_writes: bool
    now: datetime

    @property
    def release(self) -> str:
        """Its version as people write it."""
        return f"{self.version // 10000}.{self.version % 10000}"

    @property
    def forgetful(self) -> list[str]:
        """Which of the settings are off without which a crash can lose what was confirmed."""
        return [name for name in ("fsync", "synchronous_commit", "full_page_writes") if not getattr(self, name)]


async def look(db: Runs) -> Server:
    """Ask it."""
    return Server(**await _SQL["look"].one(db))
