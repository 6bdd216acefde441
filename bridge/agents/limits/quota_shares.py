"""What a replica remembers of each organization's quota, so that it need not count what is open before each request.

Counting takes some milliseconds, so a replica that found much room opens up to ALLOWANCE before it counts again. Near
the limit it counts each time. So an organization never has more than its limit, plus ALLOWANCE for each replica.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

ALLOWANCE = 50
_REPLICAS = 8  # assumed to run at once: each may use this fraction of the free quota, so that all stay within it
_PAUSE = 0.2  # seconds in which a full organization is not counted again
_REMEMBERED = 10_000  # organizations; forgetting one costs a count


@dataclass(slots=True)
class Share:
    """What this replica knows of one organization."""

    left: int = 0  # how much it may open before the next count
    full_until: float = 0.0  # by the event loop's clock
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_full(self) -> bool:
        """Whether there was no room a moment ago, so that it is not counted again."""
        return asyncio.get_running_loop().time() < self.full_until

    def found_room(self, free: int) -> None:
        """Remember that a count left room for so much more."""
        self.left = min(ALLOWANCE, free // _REPLICAS)

    def found_none(self) -> None:
        """Remember that a count found no room."""
        self.full_until = asyncio.get_running_loop().time() + _PAUSE


class QuotaShares:
    """The shares of all organizations on one replica."""

    def __init__(self) -> None:
        self._shares: LRUCache[UUID, Share] = LRUCache(maxsize=_REMEMBERED)

    @contextlib.asynccontextmanager
    async def take(self, organization_id: UUID) -> AsyncIterator[Share | None]:
        """Take from an organization's share; yields the share if nothing is left of it, so that the caller must count.

        No other request of the organization counts meanwhile: all of them would find the same room.
        """
        share = self._shares.setdefault(organization_id, Share())
        if not share.left:
            async with share.counting:
                if not share.left:
                    yield share
                    return
        share.left -= 1
        yield None
