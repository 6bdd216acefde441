"""Limits the concurrent test deliveries of this replica: each waits up to 15 s for a receiver."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bridge.agents.http.problems import RATE_LIMITED, ApiProblem

MAX_TESTS = 8
MAX_TESTS_OF_ORGANIZATION = 2
RETRY_SECONDS = 15  # every running test has ended by then


class EndpointTestLimiter:
    """The test deliveries that run on this replica."""

    def __init__(self) -> None:
        self._endpoints: set[UUID] = set()
        self._organizations: Counter[UUID] = Counter()

    @contextmanager
    def admit(self, organization_id: UUID, endpoint_id: UUID) -> Iterator[None]:
        """Count one test while it runs; raises ApiProblem when too many run."""
        if endpoint_id in self._endpoints:
            raise _refusal("This endpoint is already being tested")
        if self._organizations[organization_id] >= MAX_TESTS_OF_ORGANIZATION:
            raise _refusal(f"Your organization is testing {MAX_TESTS_OF_ORGANIZATION} endpoints, which is its limit")
        if len(self._endpoints) >= MAX_TESTS:
            raise _refusal(f"{MAX_TESTS} endpoints are being tested, which is the limit of this replica")
        self._endpoints.add(endpoint_id)
        self._organizations[organization_id] += 1
        try:
            yield
        finally:
            self._endpoints.discard(endpoint_id)
            self._organizations[organization_id] -= 1
            self._organizations += Counter()  # drops organizations with no test


def _refusal(why: str) -> ApiProblem:
    detail = f"{why}. Try again in {RETRY_SECONDS} s."
    return ApiProblem(RATE_LIMITED, detail, retry_after=RETRY_SECONDS)
