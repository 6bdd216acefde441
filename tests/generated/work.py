"""Counts work: the function calls that Python makes, which do not depend on the machine as time does."""

import sys
from collections.abc import Callable

MAX_CALLS = 500_000  # for one card; the costliest of 100,000 generated ones has 401,000, a page of docs/ about 60,000


def calls(action: Callable[[], object]) -> int:
    """How many functions are called and returned from, Python's and built-in ones; at most ten times MAX_CALLS."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1
        if count > 10 * MAX_CALLS:
            sys.setprofile(None)

    sys.setprofile(counted)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count
