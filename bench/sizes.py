"""The sizes of a run: how many rounds, clicks, rows and agents it uses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Counts of one run; the counts of clicks, claims and samples are for one round."""

    rounds: int = 5
    clicks: int = 100  # one at a time
    burst: int = 400  # 16 in flight
    claims: int = 150
    samples: int = 40  # answers that an agent waits for
    settled_claims: int = 250
    few: int = 1_000
    many: int = 100_000  # settled rows
    waiting: int = 1_000  # agents at once
    settle: float = 2.5  # seconds before clicks, in which replicas without a token give up the edits that others caused
    looks: int = 20  # queries of the busy database connections while the agents wait


DEFAULT = Sizes()
FULL = Sizes(many=1_000_000)
SMALL = Sizes(
    rounds=1,
    clicks=5,
    burst=32,
    claims=16,
    samples=2,
    settled_claims=10,
    few=10,
    many=200,
    waiting=20,
    settle=0,
    looks=2,
)
"""Just enough for a test that every row can be measured; the figures mean nothing."""
