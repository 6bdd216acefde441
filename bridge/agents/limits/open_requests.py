"""How many requests stay open on this replica: streams, and requests that wait. Each takes a connection and memory.

An organization may have so many of each sort, and altogether no more than are left for others: so on a replica that can
hold only few there is still a place for whoever comes next.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from uuid import UUID

from aiohttp import web

from bridge.agents.http.problems import TOO_MANY_OPEN, ApiProblem
from bridge.connection_limit import ConnectionLimiter

RETRY_SECONDS = 10  # a wait ends within a minute, and of many some end soon


class Sort(StrEnum):
    """Of requests that stay open."""

    STREAM = "stream"
    WAIT = "wait"


class ConcurrencyLimiter:
    """The places on this replica: `each` is how many of a sort an organization may have, `most` how many there are."""

    def __init__(self, *, each: int, most: int, limiter: ConnectionLimiter) -> None:
        self._each = each
        self._most = most
        self._limiter = limiter
        self._taken: Counter[tuple[UUID, Sort]] = Counter()

    @contextmanager
    def one(self, request: web.Request, organization_id: UUID, sort: Sort) -> Iterator[bool]:
        """Hold a place for a request, and its connection, if there is one for this organization: whether there is.

        The place is free as soon as the connection has gone. Its handler learns that later, and whoever lost all their
        connections at once comes again before.
        """
        if not self._has(organization_id, sort):
            yield False
            return
        self._taken[organization_id, sort] += 1
        with ExitStack() as place:
            place.callback(self._free, organization_id, sort)
            with self._limiter.keep(request, on_close=place.close):
                yield True

    def refusal(self, organization_id: UUID, sort: Sort) -> ApiProblem:
        """What an agent is told that got no place."""
        number = self._taken[organization_id, sort]
        has, instead = {
            Sort.STREAM: ("streams open", "One stream hears of all questions: let your agents share it."),
            Sort.WAIT: (
                "requests waiting",
                "One stream of GET /v1/events hears of all questions; or look without wait.",
            ),
        }[sort]
        if number >= self._each:
            why = f"{number:,} {has} on this replica, as many as it may have on one"
        else:
            why = f"{self._of(organization_id):,} streams and waiting requests here, as many as others leave room for"
        return ApiProblem(
            TOO_MANY_OPEN,
            f"Your organization has {why}. {instead} Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    def _free(self, organization_id: UUID, sort: Sort) -> None:
        self._taken[organization_id, sort] -= 1
        if not self._taken[organization_id, sort]:
            del self._taken[organization_id, sort]

    def _has(self, organization_id: UUID, sort: Sort) -> bool:
        is_left = self._of(organization_id) < self._most - self._taken.total()
        return is_left and self._taken[organization_id, sort] < self._each

    def _of(self, organization_id: UUID) -> int:
        return sum(self._taken[organization_id, sort] for sort in Sort)
