"""How much one organization may ask of the bridge, whatever it runs and however many replicas there are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of each organization. Replicas on one database should have the same."""

    requests_per_second: float
    request_burst: int  # requests that may come at once after a pause
    pending_questions: int


USUAL = Limits(requests_per_second=200, request_burst=1000, pending_questions=10_000)
