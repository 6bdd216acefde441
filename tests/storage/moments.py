"""The delay at which two sides of a race meet, found by trial, because machines differ in speed."""

import random


class RaceDelay:
    """The delay before one side of a race, adjusted so that each side wins about half of the races."""

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(seed)
        self._ahead = 0.002

    def seconds(self) -> float:
        """Return a random delay around the current estimate."""
        return self._chance.uniform(0.0, 2 * self._ahead)

    def was_too(self, *, late: bool) -> None:
        """Adjust the estimate a little: down if the delayed side came too late, up if too early."""
        self._ahead *= 0.97 if late else 1.03
