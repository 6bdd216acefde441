"""How many questions an organization may have pending: counted by the statement that opens one, when that is needed.

Counting 10,000 rows takes some milliseconds, so a replica that has seen much room opens up to ALLOWANCE questions
before it has them counted again. Near the limit each one is counted, one at a time on each replica. So there are never
more than the limit, and ALLOWANCE for each replica.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from cachetools import LRUCache

from bridge.agents.limits import Limits
from bridge.agents.problems import TOO_MANY_PENDING, Problem
from storage import interactions
from storage.interactions import (
    Disconnected,
    Mismatch,
    NoSuchOlder,
    OlderEnded,
    Opened,
    Opening,
    Replayed,
    TooManyPending,
)
from storage.pool import Database

Outcome: TypeAlias = Opened | Replayed | Mismatch | Disconnected | TooManyPending | NoSuchOlder | OlderEnded

ALLOWANCE = 50
RETRY_SECONDS = 30  # nobody knows when a person will answer
_REPLICAS = 8  # so many can open what they saw room for at the same moment, and stay within the limit
_PAUSE = 0.2  # seconds for which it is believed that there is no room
_REMEMBERED = 10_000  # organizations; forgetting one costs a count


@dataclass(slots=True)
class _Share:
    """What is known on this replica of one organization."""

    left: int = 0  # questions it may open uncounted
    full_until: float = 0.0  # by the loop's clock
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


class Room:
    """The room for questions of every organization, as this replica knows it."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._most = limits.pending_questions
        self._shares: LRUCache[UUID, _Share] = LRUCache(maxsize=_REMEMBERED)

    async def open(self, opening: Opening) -> Outcome:
        """Open a question if there is room for it; one that takes another's place, or was asked before, needs none."""
        if opening.supersedes is not None:
            return await interactions.open(self._db, opening)
        share = self._shares.setdefault(opening.scope.organization_id, _Share())
        if not share.left:
            async with share.counting:  # side by side all would count the same
                if not share.left:
                    return await self._counted(opening, share)
        share.left -= 1
        return await interactions.open(self._db, opening)

    def refusal(self) -> Problem:
        """What an agent is told when there is no room."""
        return Problem(
            TOO_MANY_PENDING,
            f"Your organization has {self._most:,} questions pending, as many as it may, and nothing was asked. There "
            "is room when one of them ends: cancel what does not matter any more, let a new question supersede an "
            f"older one, give them a shorter expires_in. Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    async def _counted(self, opening: Opening, share: _Share) -> Outcome:
        clock = asyncio.get_running_loop().time
        if clock() < share.full_until:
            return await self._before(opening) or TooManyPending()
        outcome = await interactions.open(self._db, opening, max_pending=self._most)
        match outcome:
            case Opened(pending=int(pending)):
                share.left = min(ALLOWANCE, (self._most - pending - 1) // _REPLICAS)
            case TooManyPending():
                share.full_until = clock() + _PAUSE
            case _:
                pass
        return outcome

    async def _before(self, opening: Opening) -> Replayed | Mismatch | None:
        if opening.idempotency_key is None or opening.request_hash is None:
            return None
        return await interactions.replayed(
            self._db,
            opening.scope.organization_id,
            idempotency_key=opening.idempotency_key,
            request_hash=opening.request_hash,
        )
