"""How much of everything a run does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Counts of one run; those of clicks, claims and samples are for one round."""

    rounds: int = 5
    clicks: int = 100  # one at a time
    burst: int = 400  # 16 in flight
    claims: int = 150
    samples: int = 40  # answers that somebody waits for
    settled_claims: int = 250
    few: int = 1_000
    many: int = 100_000  # settled rows
    waiting: int = 1_000  # agents at once
    looks: int = 20  # at the database meanwhile


DEFAULT = Sizes()
FULL = Sizes(many=1_000_000)
SMALL = Sizes(
    rounds=1, clicks=5, burst=32, claims=16, samples=2, settled_claims=10, few=10, many=200, waiting=20, looks=2
)
"""Enough to see that every row can be measured, and for nothing else."""
