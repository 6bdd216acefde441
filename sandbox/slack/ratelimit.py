"""Rate limits: of posting (one message per second and channel), and of the methods with a tier."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sandbox.slack.errors import RateLimitedError


@dataclass(frozen=True)
class _Bucket:
    tokens: float
    at: float


TIERS: Mapping[str, int] = MappingProxyType({"views.open": 100, "views.push": 100, "views.update": 100})
"""How many calls each method takes in a minute from one installation."""


class RateLimit:
    """Token buckets, each of which holds `burst` uses and gains `per_second` of the clock `now`."""

    def __init__(self, *, now: Callable[[], float], burst: int, per_second: float = 1.0) -> None:
        self._now = now
        self._burst = burst
        self._per_second = per_second
        self._buckets: dict[str, _Bucket] = {}

    def take(self, bucket: str) -> int:
        """Take one use; returns 0 on success, else the seconds until one is available. A refusal takes nothing."""
        now = self._now()
        before = self._buckets.get(bucket, _Bucket(self._burst, now))
        tokens = min(self._burst, before.tokens + max(0.0, now - before.at) * self._per_second)
        if tokens < 1:
            return max(1, math.ceil((1 - tokens) / self._per_second))
        self._buckets[bucket] = _Bucket(tokens - 1, now)
        return 0


class RateLimits:
    """The limits of one sandbox. Each check raises RateLimitedError when the limit is exceeded."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._posting = RateLimit(now=now, burst=4)
        self._tiers = {
            method: RateLimit(now=now, burst=calls, per_second=calls / 60) for method, calls in TIERS.items()
        }

    def post(self, *, bot_user_id: str, channel: str) -> None:
        """Count one message of a bot in a channel."""
        _check(self._posting.take(f"{bot_user_id} {channel}"))

    def call(self, method: str, *, bot_user_id: str) -> None:
        """Count one call of a method."""
        if method in self._tiers:
            _check(self._tiers[method].take(bot_user_id))


def _check(seconds: int) -> None:
    if seconds:
        raise RateLimitedError(seconds)
