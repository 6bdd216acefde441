"""How much is tried, from which seed, and what came of it: the figures that `make fuzz` prints."""

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
TIMES = int(os.environ.get("ASKBRIDGE_FUZZ_TIMES", "1"))  # as much as in the suite

_EVERY_SECONDS = 10.0

F = TypeVar("F", bound=Callable[..., Any])


def many(usual: int) -> int:
    """How many are tried, when `usual` are in the suite."""
    return usual * TIMES


def chances() -> st.SearchStrategy[random.Random]:
    """What a whole case is made from: one number, drawn by hypothesis.

    When it drew every word by itself, it made the same few cases again and again with one word changed.
    """
    return st.integers(0, 2**64 - 1).map(random.Random)


def generated(usual: int) -> Callable[[F], F]:
    """Let hypothesis try `usual` cases, or as many times more as were asked for; a seed makes the same ones again."""

    def decorate(test: F) -> F:
        chosen = settings(
            max_examples=many(usual),
            deadline=None,
            database=None,
            phases=[Phase.generate],  # making a failure smaller takes minutes, and these say what is wrong as they are
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        return seed(SEED)(chosen(test))

    return decorate


class Tried:
    """What one test tried: counted by what came of it, and told while it takes long."""

    def __init__(self, name: str) -> None:
        self.counts: Counter[str] = Counter()
        self._name = name
        self._told = time.monotonic()

    def __call__(self, outcome: object, number: int = 1) -> None:
        """Count one more, or several."""
        self.counts[str(outcome)] += number
        if TIMES > 1 and time.monotonic() - self._told > _EVERY_SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"  {self}\n")

    def __str__(self) -> str:
        return f"{self._name}: " + ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.counts.items()))
