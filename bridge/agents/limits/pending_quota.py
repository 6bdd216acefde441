"""Limits an organization's pending interactions, counted by the statement that opens one when that is needed."""

from typing import TypeAlias

from bridge.agents.http.problems import TOO_MANY_PENDING, ApiProblem
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.quota_shares import QuotaShares, Share
from storage import interactions
from storage.interactions import (
    Disconnected,
    Mismatch,
    NoSuchOlder,
    OlderEnded,
    Opened,
    Opening,
    Replayed,
    TooManyPending,
)
from storage.pool import Database

OpenOutcome: TypeAlias = Opened | Replayed | Mismatch | Disconnected | TooManyPending | NoSuchOlder | OlderEnded

RETRY_SECONDS = 30  # a guess: when a person will answer is not known


class PendingQuota:
    """The pending interactions that every organization may still open on this replica."""

    def __init__(self, *, db: Database, limits: Limits) -> None:
        self._db = db
        self._limit = limits.pending_questions
        self._shares = QuotaShares()

    async def open(self, opening: Opening) -> OpenOutcome:
        """Open an interaction unless the organization has too many; a superseding or a repeated one needs no room."""
        if opening.supersedes is not None:
            return await interactions.open(self._db, opening)
        async with self._shares.take(opening.scope.organization_id) as share:
            if share is not None:
                return await self._open_counted(opening, share)
        return await interactions.open(self._db, opening)

    def refusal(self) -> ApiProblem:
        """The problem of a request that was refused because the organization is at its limit."""
        return ApiProblem(
            TOO_MANY_PENDING,
            f"Your organization has {self._limit:,} questions pending, as many as it may, and nothing was asked. There "
            "is room when one of them ends: cancel what does not matter any more, let a new question supersede an "
            f"older one, give them a shorter expires_in. Send this again in {RETRY_SECONDS} s.",
            retry_after=RETRY_SECONDS,
        )

    async def _open_counted(self, opening: Opening, share: Share) -> OpenOutcome:
        if share.is_full:
            return await self._replayed(opening) or TooManyPending()
        outcome = await interactions.open(self._db, opening, max_pending=self._limit)
        match outcome:
            case Opened(pending=int(pending)):
                share.found_room(self._limit - pending - 1)
            case TooManyPending():
                share.found_none()
            case _:
                pass
        return outcome

    async def _replayed(self, opening: Opening) -> Replayed | Mismatch | None:
        if opening.idempotency_key is None or opening.request_hash is None:
            return None
        return await interactions.replayed(
            self._db,
            opening.scope.organization_id,
            idempotency_key=opening.idempotency_key,
            request_hash=opening.request_hash,
        )
