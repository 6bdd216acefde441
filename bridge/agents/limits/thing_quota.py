"""Limits an organization's open things, counted before one is opened when that is needed."""

from uuid import UUID

from bridge.agents.http.problems import TOO_MANY_THINGS, ApiProblem
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.quota_shares import QuotaShares, Share
from storage import things
from storage.pool import Database

RETRY_SECONDS = 30  # a guess: when a thing will end is not known


class ThingQuota:
    """The things that every organization may still open on this replica."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limit = limits.open_things
        self._shares = QuotaShares()

    async def has_room(self, organization_id: UUID) -> bool:
        """Whether the organization may open one more thing, which is then counted as opened."""
        async with self._shares.take(organization_id) as share:
            return share is None or await self._counted(organization_id, share)

    def refusal(self) -> ApiProblem:
        """The problem of a request that was refused because the organization is at its limit."""
        return ApiProblem(
            TOO_MANY_THINGS,
            f"Your organization has {self._limit:,} things open, such as recoveries, as many as it may, and nothing "
            f"was opened. There is room when one of them ends. Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    async def _counted(self, organization_id: UUID, share: Share) -> bool:
        if share.is_full:
            return False
        number = await things.open_count(self._db, organization_id, limit=self._limit)
        if number >= self._limit:
            share.found_none()
            return False
        share.found_room(self._limit - number - 1)
        return True
