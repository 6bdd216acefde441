"""The rate limit of posting: one message per second and channel, with a short burst allowed."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class _Bucket:
    tokens: float
    at: float


class PostingLimit:
    """A token bucket per channel that holds `burst` messages and gains one each second of the clock `now`."""

    def __init__(self, *, now: Callable[[], float], burst: int = 4) -> None:
        self._now = now
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, channel: str) -> int:
        """Take one message; returns 0 on success, else the seconds until one is available. A refusal takes nothing."""
        now = self._now()
        bucket = self._buckets.get(channel, _Bucket(self._burst, now))
        tokens = min(self._burst, bucket.tokens + max(0.0, now - bucket.at))
        if tokens < 1:
            return max(1, math.ceil(1 - tokens))
        self._buckets[channel] = _Bucket(tokens - 1, now)
        return 0
