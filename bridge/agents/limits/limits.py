"""How much one organization may ask of the bridge, whatever it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of each organization. Replicas on one database should have the same."""

    requests_per_second: float
    request_burst: int  # requests that may come at once after a pause
    pending_questions: int
    open_requests: int  # streams, and as many requests that wait; on each replica


USUAL = Limits(requests_per_second=200, request_burst=1000, pending_questions=10_000, open_requests=2_000)
