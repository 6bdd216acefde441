"""How fast we write to Slack: one message a second in a channel, and nothing where Slack asked for a pause.

What this replica knows is in memory, so that few have to ask in vain; turns are given out for all replicas together by
`throttles`, and a pause that Slack asked one of them for is every one's.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from cachetools import TTLCache

from storage import throttles
from storage.model import Scope
from storage.pool import Database
from storage.throttles import Bucket

INTERVAL = 1.0  # seconds between two messages in one channel: Slack's limit
PATIENCE = 2.0  # seconds that a copy may wait for its turn in hand: not long, because it keeps a worker
_REMEMBERED = 3600.0  # the longest pause that is honoured
_MOST = 10_000


@dataclass(slots=True)
class _Place:
    free_at: float = 0.0  # when the next turn is
    paused_until: float = 0.0  # Slack asked for silence
    spread_at: float = 0.0  # when the last copy was sent away to


_TURNS = Bucket(rate=1 / INTERVAL, burst=1 + PATIENCE / INTERVAL)


async def shared_turn(db: Database, scope: Scope, place: str) -> float | None:
    """Seconds until a turn that is now the caller's on all replicas; None when there is none within PATIENCE."""
    free_in = await throttles.take(db, scope.organization_id, _name(scope, place), _TURNS, amount=1)
    return None if free_in is None else max(0.0, free_in - INTERVAL)


async def shared_pause(db: Database, scope: Scope, place: str, seconds: float) -> None:
    """No turn there for so long, on any replica: Slack asked for it."""
    await throttles.hold(db, scope.organization_id, _name(scope, place), seconds=min(seconds, _REMEMBERED))


def _name(scope: Scope, place: str) -> str:
    return f"post {scope.connection_id} {place}"


class Pace:
    """Whose turn it is in each place of a connection, as far as this replica knows."""

    def __init__(self) -> None:
        self._concurrency: TTLCache[tuple[UUID, str], _Place] = TTLCache(maxsize=_MOST, ttl=_REMEMBERED)

    def turn(self, connection_id: UUID, place: str) -> float | None:
        """Seconds until a turn that is now the caller's; None when there is none within PATIENCE."""
        now, known = self._look(connection_id, place)
        at = max(now, known.free_at)
        if at - now > PATIENCE:
            return None
        known.free_at = at + INTERVAL
        return at - now

    def later(self, connection_id: UUID, place: str) -> float:
        """Seconds for which one copy without a turn should be put off: one after the other, not all to one moment."""
        now, known = self._look(connection_id, place)
        known.spread_at = max(known.spread_at, known.free_at, now) + INTERVAL
        return known.spread_at - now

    def pause(self, connection_id: UUID, place: str, seconds: float) -> None:
        """Nothing there for a while: Slack asked for it."""
        now, known = self._look(connection_id, place)
        known.paused_until = max(known.paused_until, now + seconds)
        known.free_at = max(known.free_at, known.paused_until)

    def paused(self, connection_id: UUID, place: str) -> float:
        """Seconds for which Slack wants nothing there, also from those whose turn it is; 0 when it takes all."""
        now, known = self._look(connection_id, place)
        return max(0.0, known.paused_until - now)

    def _look(self, connection_id: UUID, place: str) -> tuple[float, _Place]:
        return asyncio.get_running_loop().time(), self._concurrency.setdefault((connection_id, place), _Place())
