"""Limits the requests of each organization with a token bucket that all replicas share.

A replica takes a slice of the bucket, an eighth of a second's worth, with one statement and counts it down in memory,
so most requests cost the database nothing. In any period all replicas together admit at most the burst, the rate for
each second, and what was left of one slice on each replica.

Requests of one organization are admitted at least 2.5 ms apart, so that a burst does not delay the requests of others.
A request with a large body or response counts as several, in the bucket and in that distance (`request_cost`); what it
turns out to cost afterwards is charged to the requests after it.
"""

import asyncio
import math
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

from bridge.agents.http.deadline import within
from bridge.agents.http.problems import RATE_LIMITED, ApiProblem
from bridge.agents.limits.limit_values import Limits
from bridge.logs import Log
from storage import throttles
from storage.errors import Unavailable
from storage.pool import Database
from storage.throttles import Bucket

_log = Log("agents")

_NAME = "requests"
_SLICES = 8  # a second
_SECONDS = 1.0  # how long to wait for the statement that takes a slice
_SPACING = 0.0025  # seconds between requests of one organization on a replica; less for rates over 200
_HELD = 0.1  # seconds before a refusal; holds a client that ignores Retry-After to ten requests a second a connection
_REMEMBERED = 10_000  # organizations; forgetting one costs it what is left of a slice


@dataclass(slots=True)
class _RateShare:
    """The share of one organization's bucket on this replica."""

    left: int = 0  # requests to admit before the next slice is taken; below 0 after one that cost more
    spent_until: float = 0.0  # by the event loop's clock: before it, the bucket has no slice
    free_at: float = 0.0  # by the event loop's clock: when the next request may be admitted
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_spent(self) -> bool:
        """Whether no request is left and the bucket has no slice yet."""
        return self.left <= 0 and asyncio.get_running_loop().time() < self.spent_until

    @property
    def is_due(self) -> bool:
        """Whether the next slice should be taken."""
        return self.left <= 0 and not self.is_spent

    async def wait_turn(self, spacing: float) -> None:
        """Return in the order of the calls, `spacing` seconds before the next."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self.free_at)
        self.free_at = turn + spacing
        if turn > now:
            await asyncio.sleep(turn - now)


class RateLimiter:
    """Counts the requests of every organization on this replica."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limits = limits
        self._bucket = Bucket(rate=limits.requests_per_second, burst=limits.request_burst)
        self._slice = max(1, int(min(limits.requests_per_second, limits.request_burst) / _SLICES))
        self._pause = self._slice / limits.requests_per_second  # seconds in which the bucket gains a slice
        # Half the time between two requests at the rate, so that a burst still comes faster than the rate.
        self.spacing = min(_SPACING, 0.5 / limits.requests_per_second)
        """Seconds between two requests of one organization that are admitted on this replica."""
        self._shares: LRUCache[UUID, _RateShare] = LRUCache(maxsize=_REMEMBERED)

    @property
    def retry_after(self) -> int:
        """Seconds after which a refused request may be sent again, unless requests before it cost much."""
        return math.ceil(self._pause)

    async def admit(self, organization_id: UUID, *, cost: int = 1) -> None:
        """Count a request as `cost`, however long it waits, and admit it; raises ApiProblem when there were too many.

        A request that cannot be counted is admitted: the limit protects the database, and when that cannot be reached,
        the request is answered 503 later, which is the better explanation.
        """
        share = self._shares.setdefault(organization_id, _RateShare())
        while share.left <= 0:
            async with share.taking:  # one request takes the slice for all that wait
                if share.is_due:
                    await self._take(organization_id, share)
            await self._refuse(share)
        share.left -= cost
        await share.wait_turn(self.spacing * cost)

    def charge(self, organization_id: UUID, cost: int) -> None:
        """Count what an admitted request cost beyond what it was counted as; the next ones wait, or are refused."""
        if cost > 0 and (share := self._shares.get(organization_id)):
            share.left -= cost
            share.free_at = max(asyncio.get_running_loop().time(), share.free_at) + self.spacing * cost

    async def refuse(self, organization_id: UUID) -> None:
        """Raise ApiProblem if this replica knows, without a statement, that there were too many requests."""
        if share := self._shares.get(organization_id):
            await self._refuse(share)

    async def _refuse(self, share: _RateShare) -> None:
        if share.is_spent:
            left = share.spent_until - asyncio.get_running_loop().time()
            retry_after = max(self.retry_after, math.ceil(left))
            await asyncio.sleep(_HELD)
            raise ApiProblem(
                RATE_LIMITED,
                f"Your organization may send {self._limits.requests_per_second:,} requests a second, and "
                f"{self._limits.request_burst:,} at once after a pause, over all its keys. "
                f"Try again in {retry_after} s, and send fewer: one request with ?wait=50 gets the answer as soon as "
                "frequent ones would.",
                retry_after=retry_after,
            )

    async def _take(self, organization_id: UUID, share: _RateShare) -> None:
        amount = min(self._slice - share.left, int(self._bucket.burst))  # a slice, and what is owed
        statement = throttles.take(self._db, organization_id, _NAME, self._bucket, amount=amount)
        try:
            taken = await within(statement, seconds=_SECONDS) is not None
        except Unavailable as error:
            _log.warning("requests_uncounted", organization=str(organization_id), cause=error.cause)
            taken = True
        if taken:
            share.left += amount
        else:
            share.spent_until = asyncio.get_running_loop().time() + self._pause * amount / self._slice
