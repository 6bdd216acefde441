"""How fast an app may post: one message per second and channel, with a short burst allowed."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class _Bucket:
    tokens: float
    at: float


class PostingLimit:
    """A bucket of `burst` messages per channel that fills by one each second. The clock is the caller's."""

    def __init__(self, *, now: Callable[[], float], burst: int = 4) -> None:
        self._now = now
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def take(self, channel: str) -> int:
        """Take one message; 0 if it was there, else the seconds until there is one. A refusal costs nothing."""
        now = self._now()
        bucket = self._buckets.get(channel, _Bucket(self._burst, now))
        tokens = min(self._burst, bucket.tokens + max(0.0, now - bucket.at))
        if tokens < 1:
            return max(1, math.ceil(1 - tokens))
        self._buckets[channel] = _Bucket(tokens - 1, now)
        return 0
