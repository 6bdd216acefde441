"""How much is tried and from which seed, and the counts of outcomes that `make fuzz` prints."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

SEED = int(os.environ.get("ASKBRIDGE_FUZZ_SEED", "20261121"))
TIMES = int(os.environ.get("ASKBRIDGE_FUZZ_TIMES", "1"))  # a multiple of what the suite tries

_EVERY_SECONDS = 10.0

F = TypeVar("F", bound=Callable[..., Any])


def many(usual: int) -> int:
    """How many cases to try, if the suite tries `usual`."""
    return usual * TIMES


def chances() -> st.SearchStrategy[random.Random]:
    """A random generator for one whole case, seeded by one number that hypothesis draws.

    When hypothesis drew every word itself, it repeated the same few cases with one word changed.
    """
    return st.integers(0, 2**64 - 1).map(random.Random)


def generated(usual: int) -> Callable[[F], F]:
    """Let hypothesis try `usual` cases times TIMES; the same seed makes the same cases."""

    def decorate(test: F) -> F:
        chosen = settings(
            max_examples=many(usual),
            deadline=None,
            database=None,
            phases=[Phase.generate],  # no shrinking: it takes minutes, and these cases are readable without it
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        return seed(SEED)(chosen(test))

    return decorate


class Tried:
    """Counts the cases of one test by outcome, and prints the counts every 10 seconds of a long run."""

    def __init__(self, name: str) -> None:
        self.counts: Counter[str] = Counter()
        self._name = name
        self._printed_at = time.monotonic()

    def __call__(self, outcome: object, number: int = 1) -> None:
        """Count one case, or several, with this outcome."""
        self.counts[str(outcome)] += number
        if TIMES > 1 and time.monotonic() - self._printed_at > _EVERY_SECONDS:
            self._printed_at = time.monotonic()
            sys.stderr.write(f"  {self}\n")

    def __str__(self) -> str:
        return f"{self._name}: " + ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.counts.items()))
