"""Version, durability settings and clock of a PostgreSQL server."""

from dataclasses import dataclass
from datetime import datetime

from storage import statements
from storage.statements import Runs

_SQL = statements.load("server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server's version, the settings that decide whether confirmed writes survive a crash, and its clock."""

    version: int  # 150004 is 15.4
    fsync: bool
    synchronous_commit: bool
    full_page_writes: bool
    now: datetime

    @property
    def release(self) -> str:
        """The version as people write it, such as 15.4."""
        return f"{self.version // 10000}.{self.version % 10000}"

    @property
    def forgetful(self) -> list[str]:
        """The names of the durability settings that are off, so that a crash can lose confirmed writes."""
        return [name for name in ("fsync", "synchronous_commit", "full_page_writes") if not getattr(self, name)]


async def look(db: Runs) -> Server:
    """Read these values from the server."""
    return Server(**await _SQL["look"].one(db))
