"""How many requests an organization may send, and how close together: taken from a bucket that all replicas share.

A replica takes a slice, an eighth of a second's worth, in one statement and counts it down in memory, so most requests
cost the database nothing. In any time all replicas together let through at most the burst, the rate for each second,
and what was left of one slice on each replica.

What comes at once is let in one after the other: a slice that is let in at one moment is a wall, and the next request
of somebody else stands behind all of it.
"""

import asyncio
import math
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

from bridge.agents.http.deadline import within
from bridge.agents.http.problems import RATE_LIMITED, ApiProblem
from bridge.agents.limits.limits import Limits
from bridge.logs import Log
from storage import throttles
from storage.errors import Unavailable
from storage.pool import Database
from storage.throttles import Bucket

_log = Log("agents")

_NAME = "requests"
_SLICES = 8  # a second
_SECONDS = 1.0  # that a slice is waited for
_SPACING = 0.0025  # seconds between two requests of one organization on a replica; less where the rate is over 200
_HELD = 0.1  # seconds that a refusal is kept back: whoever ignores Retry-After sends ten a second per connection
_REMEMBERED = 10_000  # organizations; forgetting one costs it what is left of a slice


@dataclass(slots=True)
class _RateShare:
    """What one organization has on this replica."""

    left: int = 0  # requests it may still send before the next slice
    spent_until: float = 0.0  # by the loop's clock: before it, there is no other slice
    free_at: float = 0.0  # by the loop's clock: when the next one may go in
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left, and nothing to be had yet."""
        return not self.left and asyncio.get_running_loop().time() < self.spent_until

    @property
    def is_due(self) -> bool:
        """Whether the next slice is to be asked for."""
        return not self.left and not self.is_spent

    async def enter(self, spacing: float) -> None:
        """Go in when it is this one's turn: in the order they came, so many seconds apart."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self.free_at)
        self.free_at = turn + spacing
        if turn > now:
            await asyncio.sleep(turn - now)


class RateLimiter:
    """The requests of every organization, as this replica counts them."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limits = limits
        self._bucket = Bucket(rate=limits.requests_per_second, burst=limits.request_burst)
        self._slice = max(1, int(min(limits.requests_per_second, limits.request_burst) / _SLICES))
        self._pause = self._slice / limits.requests_per_second  # in so many seconds a slice comes together
        self._spacing = min(_SPACING, 0.5 / limits.requests_per_second)  # twice the rate, so that a burst is still one
        self._shares: LRUCache[UUID, _RateShare] = LRUCache(maxsize=_REMEMBERED)

    async def admit(self, organization_id: UUID) -> None:
        """Count one request, however long it will wait, and let it in; raises ApiProblem when there have been too many.

        One that cannot be counted is let through: the limit protects the database, and when that is away, the request
        will be told so in words that fit.
        """
        share = self._shares.setdefault(organization_id, _RateShare())
        while not share.left:
            async with share.taking:  # one asks for all who wait
                if share.is_due:
                    await self._take(organization_id, share)
            await self._refuse(share)
        share.left -= 1
        await share.enter(self._spacing)

    async def refuse(self, organization_id: UUID) -> None:
        """Raise ApiProblem if it is known, without asking anybody, that there have been too many requests."""
        if share := self._shares.get(organization_id):
            await self._refuse(share)

    async def _refuse(self, share: _RateShare) -> None:
        if share.is_spent:
            await asyncio.sleep(_HELD)
            seconds = math.ceil(self._pause)
            raise ApiProblem(
                RATE_LIMITED,
                f"Your organization may send {self._limits.requests_per_second:,} requests a second, and "
                f"{self._limits.request_burst:,} at once after a pause, over all its keys. Send this again in "
                f"{seconds} s, and fewer from then on: one with ?wait=60 hears of an answer as soon as many others do.",
                retry_after=seconds,
            )

    async def _take(self, organization_id: UUID, share: _RateShare) -> None:
        taking = throttles.take(self._db, organization_id, _NAME, self._bucket, amount=self._slice)
        try:
            taken = await within(taking, seconds=_SECONDS) is not None
        except Unavailable as error:
            _log.warning("requests_uncounted", organization=str(organization_id), cause=error.cause)
            taken = True
        if taken:
            share.left = self._slice
        else:
            share.spent_until = asyncio.get_running_loop().time() + self._pause
