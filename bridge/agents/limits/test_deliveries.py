"""How many tests of endpoints this replica makes at once: each waits for a stranger, up to 15 s."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bridge.agents.http.problems import RATE_LIMITED, ApiProblem

MOST = 8
MOST_OF_ORGANIZATION = 2
RETRY_SECONDS = 15  # by then each that is under way has ended


class EndpointTestLimiter:
    """The tests that are under way on this replica."""

    def __init__(self) -> None:
        self._endpoints: set[UUID] = set()
        self._organizations: Counter[UUID] = Counter()

    @contextmanager
    def one(self, organization_id: UUID, endpoint_id: UUID) -> Iterator[None]:
        """Hold a place for one test; raises ApiProblem when there is none."""
        if endpoint_id in self._endpoints:
            raise _refusal("This endpoint is being tested")
        if self._organizations[organization_id] >= MOST_OF_ORGANIZATION:
            raise _refusal(f"Your organization tests {MOST_OF_ORGANIZATION} endpoints, as many as it may")
        if len(self._endpoints) >= MOST:
            raise _refusal(f"{MOST} endpoints are being tested, as many as can be")
        self._endpoints.add(endpoint_id)
        self._organizations[organization_id] += 1
        try:
            yield
        finally:
            self._endpoints.discard(endpoint_id)
            self._organizations[organization_id] -= 1
            self._organizations += Counter()  # forgets who has none


def _refusal(why: str) -> ApiProblem:
    detail = f"{why} at this moment. Send this again in {RETRY_SECONDS} s."
    return ApiProblem(RATE_LIMITED, detail, retry_after=RETRY_SECONDS)
