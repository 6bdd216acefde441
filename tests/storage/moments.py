"""Moments at which two things meet: found by trying, since a machine is fast one day and slow the next."""

import random


class Moment:
    """How far ahead a race is to be decided, so that either side wins about half of them."""

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(seed)
        self._ahead = 0.002

    def seconds(self) -> float:
        """Anywhere around it."""
        return self._chance.uniform(0.0, 2 * self._ahead)

    def was_too(self, *, late: bool) -> None:
        """Go nearer, or farther, by a little."""
        self._ahead *= 0.97 if late else 1.03
