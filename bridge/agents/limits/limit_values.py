"""The limits of each organization."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of each organization. Replicas on one database should have the same."""

    requests_per_second: float
    request_burst: int  # requests that are admitted at once after a pause
    pending_questions: int
    open_requests: int  # streams, and as many waiting requests; on each replica
    open_things: int = 100_000  # of all nouns together


USUAL = Limits(requests_per_second=200, request_burst=1000, pending_questions=10_000, open_requests=2_000)
