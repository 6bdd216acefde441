"""The rate of calls to Slack: one message a second in a channel, and none where Slack asked for a pause.

Each replica keeps its own turns and pauses in memory, so that few database calls are made in vain. `throttles` in the
database gives out the turns of all replicas together, and a pause that Slack asked one replica for holds for all.

A destination is the id of a channel or a person, see `destination`, or `card_failures.EDITS`.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cachetools import LRUCache

from bridge.slack.errors import RetryAfter
from storage import throttles
from storage.model import Json, Scope
from storage.pool import Database
from storage.throttles import Bucket

INTERVAL = 1.0  # seconds between two messages in one channel: Slack's limit
PATIENCE = 2.0  # seconds that a leased card may wait for its turn: short, because a worker waits with it
_MAX_PAUSE = 3600.0  # seconds; the longest pause that is kept
_MAX_DESTINATIONS = 10_000

WAITING_FOR_TURN: Final = RetryAfter(
    code="waiting_for_turn",
    detail="Slack allows one message per second here, and other cards are ahead in the queue.",
)
"""Why a card without a turn is not posted yet."""

WAITING_FOR_SLOT: Final = RetryAfter(
    code="waiting_for_turn",
    detail="Slack responds slowly, and other cards of the workspace are ahead in the queue.",
)
"""Why a card is not posted or edited yet, while Slack answers other calls slowly."""


@dataclass(slots=True)
class _Destination:
    free_at: float = 0.0  # the time of the next turn
    paused_until: float = 0.0  # the end of a pause that Slack asked for
    spread_at: float = 0.0  # the time to which the last card without a turn was put off


_TURNS = Bucket(rate=1 / INTERVAL, burst=1 + PATIENCE / INTERVAL)


def destination(address: Json) -> str:
    """The id of the channel or person of an address: Slack limits the rate of posts for each."""
    return str(address.get("user") or address.get("channel"))


async def shared_turn(db: Database, scope: Scope, destination: str) -> float | None:
    """Take a turn among all replicas. Returns the seconds until it; None if there is none within PATIENCE."""
    free_in = await throttles.take(db, scope.organization_id, _name(scope, destination), _TURNS, amount=1)
    return None if free_in is None else max(0.0, free_in - INTERVAL)


async def shared_paused(db: Database, scope: Scope, destination: str) -> float:
    """Seconds until the end of a pause that Slack asked any replica for; 0 without a pause longer than the turns.

    Turns alone never take a bucket further from full than its burst, so that only a pause does.
    """
    seconds = await throttles.full_in(db, scope.organization_id, _name(scope, destination))
    return seconds if seconds > _TURNS.burst / _TURNS.rate else 0.0


async def shared_pause(db: Database, scope: Scope, destination: str, seconds: float) -> None:
    """Give out no turns for a destination for so long, on any replica, because Slack asked for a pause."""
    await throttles.hold(db, scope.organization_id, _name(scope, destination), seconds=min(seconds, _MAX_PAUSE))


def _name(scope: Scope, destination: str) -> str:
    return f"post {scope.connection_id} {destination}"


class Pace:
    """The turns and pauses of each destination of a connection, on this replica."""

    def __init__(self) -> None:
        # Without a lifetime: one that counts from the first use would forget a pause that began later.
        self._destinations: LRUCache[tuple[UUID, str], _Destination] = LRUCache(maxsize=_MAX_DESTINATIONS)

    def turn(self, connection_id: UUID, destination: str) -> float | None:
        """Take a turn. Returns the seconds until it; None if there is none within PATIENCE."""
        now, state = self._state(connection_id, destination)
        at = max(now, state.free_at)
        if at - now > PATIENCE:
            return None
        state.free_at = at + INTERVAL
        return at - now

    def later(self, connection_id: UUID, destination: str) -> float:
        """Seconds for which to put off a card without a turn; each call returns more, so that retries are spread."""
        now, state = self._state(connection_id, destination)
        state.spread_at = max(state.spread_at, state.free_at, now) + INTERVAL
        return state.spread_at - now

    def pause(self, connection_id: UUID, destination: str, seconds: float) -> None:
        """Give out no turns for a destination for so long, because Slack asked for a pause."""
        now, state = self._state(connection_id, destination)
        state.paused_until = max(state.paused_until, now + seconds)
        state.free_at = max(state.free_at, state.paused_until)

    def paused(self, connection_id: UUID, destination: str) -> float:
        """Seconds until the end of a pause, which also holds for cards that have a turn; 0 without a pause."""
        now, state = self._state(connection_id, destination)
        return max(0.0, state.paused_until - now)

    def _state(self, connection_id: UUID, destination: str) -> tuple[float, _Destination]:
        state = self._destinations.setdefault((connection_id, destination), _Destination())
        return asyncio.get_running_loop().time(), state


async def wait_for_turn(db: Database, pace: Pace, scope: Scope, destination: str) -> bool:
    """Wait for a turn of this replica, then for one among all replicas. False if either takes longer than PATIENCE."""
    if (seconds := pace.turn(scope.connection_id, destination)) is None:
        return False
    await asyncio.sleep(seconds)
    if (seconds := await shared_turn(db, scope, destination)) is None:
        if paused := await shared_paused(db, scope, destination):
            pace.pause(scope.connection_id, destination, paused)  # which Slack asked another replica for
        return False
    await asyncio.sleep(seconds)
    return True
