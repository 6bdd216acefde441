"""Limits an organization's open things, counted before one is opened when that is needed.

Counting 100,000 rows takes some milliseconds, so a replica that found much room opens up to ALLOWANCE things before it
counts again. So an organization never has more than the limit, plus ALLOWANCE for each replica.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

from bridge.agents.http.problems import TOO_MANY_THINGS, ApiProblem
from bridge.agents.limits.limit_values import Limits
from storage import things
from storage.pool import Database

ALLOWANCE = 50
RETRY_SECONDS = 30  # a guess: when a thing will end is not known
_REPLICAS = 8  # assumed to run at once: each may use this fraction of the free quota, so that all stay within it
_PAUSE = 0.2  # seconds in which a full organization is not counted again
_REMEMBERED = 10_000  # organizations; forgetting one costs a count


@dataclass(slots=True)
class _Share:
    """What this replica knows of one organization."""

    left: int = 0  # things it may open before the next count
    full_until: float = 0.0  # by the event loop's clock
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


class ThingQuota:
    """The things that every organization may still open on this replica."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limit = limits.open_things
        self._shares: LRUCache[UUID, _Share] = LRUCache(maxsize=_REMEMBERED)

    async def has_room(self, organization_id: UUID) -> bool:
        """Whether the organization may open one more thing, which is then counted as opened."""
        share = self._shares.setdefault(organization_id, _Share())
        if not share.left:
            async with share.counting:  # concurrent counts would all find the same room
                if not share.left:
                    return await self._counted(organization_id, share)
        share.left -= 1
        return True

    def refusal(self) -> ApiProblem:
        """The problem of a request that was refused because the organization is at its limit."""
        return ApiProblem(
            TOO_MANY_THINGS,
            f"Your organization has {self._limit:,} things open, such as recoveries, as many as it may, and nothing "
            f"was opened. There is room when one of them ends. Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    async def _counted(self, organization_id: UUID, share: _Share) -> bool:
        clock = asyncio.get_running_loop().time
        if clock() < share.full_until:
            return False
        number = await things.open_count(self._db, organization_id, limit=self._limit)
        if number >= self._limit:
            share.full_until = clock() + _PAUSE
            return False
        share.left = min(ALLOWANCE, (self._limit - number - 1) // _REPLICAS)
        return True
