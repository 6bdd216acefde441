"""Limits how many requests stay open on this replica: streams and waiting requests, which hold connections and memory.

An organization may have so many of each type, and in total no more than remain for the other organizations: so a
replica that can hold only few still accepts one of the next organization.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from uuid import UUID

from aiohttp import web

from bridge.agents.http.problems import TOO_MANY_OPEN, ApiProblem
from bridge.connection_limit import ConnectionLimiter

RETRY_SECONDS = 10  # each wait ends within a minute, so among many waits some end soon


class OpenRequest(StrEnum):
    """The types of requests that stay open."""

    STREAM = "stream"
    WAIT = "wait"


class ConcurrencyLimiter:
    """Counts the open requests of this replica.

    An organization may have `per_organization` of each type; the replica holds `max_open` in total.
    """

    def __init__(self, *, per_organization: int, max_open: int, limiter: ConnectionLimiter) -> None:
        self._per_organization = per_organization
        self._max_open = max_open
        self._limiter = limiter
        self._open: Counter[tuple[UUID, OpenRequest]] = Counter()

    def count(self, type: OpenRequest) -> int:
        """How many requests of this type are open on this replica; a waiting one has read its row before."""
        return sum(number for (_, each), number in self._open.items() if each is type)

    @contextmanager
    def admit(self, request: web.Request, organization_id: UUID, type: OpenRequest) -> Iterator[bool]:
        """Count a request as open and keep its connection, if the limits allow it; whether they do.

        The request stops counting as soon as its connection is lost. Its handler notices that later, and a client that
        lost all its connections at once reconnects before.
        """
        if not self._has_room(organization_id, type):
            yield False
            return
        self._open[organization_id, type] += 1
        with ExitStack() as counted:
            counted.callback(self._release, organization_id, type)
            with self._limiter.keep(request, on_close=counted.close):
                yield True

    def refusal(self, organization_id: UUID, type: OpenRequest) -> ApiProblem:
        """The problem of a request that was not admitted."""
        number = self._open[organization_id, type]
        has, instead = {
            OpenRequest.STREAM: ("streams open", "One stream reports all questions: let your agents share it."),
            OpenRequest.WAIT: (
                "requests waiting",
                "One stream of GET /v1/events reports all questions; or poll without wait.",
            ),
        }[type]
        if number >= self._per_organization:
            why = f"{number:,} {has} on this replica, which is its limit"
        else:
            number = self._of(organization_id)
            why = f"{number:,} streams and waiting requests on this replica, which has no capacity for more"
        return ApiProblem(
            TOO_MANY_OPEN,
            f"Your organization has {why}. {instead} Try again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    def _release(self, organization_id: UUID, type: OpenRequest) -> None:
        self._open[organization_id, type] -= 1
        if not self._open[organization_id, type]:
            del self._open[organization_id, type]

    def _has_room(self, organization_id: UUID, type: OpenRequest) -> bool:
        is_left = self._of(organization_id) < self._max_open - self._open.total()
        return is_left and self._open[organization_id, type] < self._per_organization

    def _of(self, organization_id: UUID) -> int:
        return sum(self._open[organization_id, type] for type in OpenRequest)
